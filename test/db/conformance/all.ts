import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Dialect } from '../dialects.ts';
import { commands } from './commands.ts';
import { customers } from './customers.ts';
import { devices } from './devices.ts';
import { events } from './events.ts';
import { everyTransition } from './every-transition.ts';
import { fences } from './fences.ts';
import { keys } from './keys.ts';
import { lines } from './lines.ts';
import { links } from './links.ts';
import { lists } from './lists.ts';
import { lostCommits } from './lost-commits.ts';
import { news } from './news.ts';
import { ordering } from './ordering.ts';
import { payments } from './payments.ts';
import { prunes } from './prunes.ts';
import { purchases } from './purchases.ts';
import { randomLives } from './random-lives.ts';
import { ranks } from './ranks.ts';
import { reads } from './reads.ts';
import { retriesAndCancels } from './retries.ts';
import { sale } from './sale.ts';
import { schedules } from './schedules.ts';
import { settlingCreates } from './settle-create.ts';
import { settlingOthers } from './settle-others.ts';
import { suspension } from './suspension.ts';
import { switches } from './switches.ts';
import { transactions } from './transactions.ts';
import { trouble } from './trouble.ts';
import { upkeep } from './upkeep.ts';
import { vpnKeys } from './vpn-keys.ts';
import { why } from './why.ts';
import { work } from './work.ts';
import { workers } from './workers.ts';

const parts = [
  purchases,
  lostCommits,
  sale,
  events,
  why,
  commands,
  suspension,
  ranks,
  retriesAndCancels,
  settlingCreates,
  settlingOthers,
  fences,
  lines,
  work,
  lists,
  customers,
  reads,
  trouble,
  payments,
  upkeep,
  switches,
  prunes,
  schedules,
  keys,
  ordering,
  news,
  vpnKeys,
  devices,
  links,
  workers,
  transactions,
  everyTransition,
  randomLives,
];

/** The behaviour of the Store that is the same on every database. */
export function conformance(dialect: Dialect): void {
  if (dialect.missing) {
    test.skip(`the Store on ${dialect.name} is NOT TESTED: ${dialect.missing}`);
    return;
  }
  describe(`the Store on ${dialect.name}`, () => {
    beforeAll(() => dialect.start());
    afterAll(() => dialect.stop());
    for (const part of parts) describe('', () => part(dialect));
  });
}
