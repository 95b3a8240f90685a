import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Dialect } from '../dialects.ts';
import { commands } from './commands.ts';
import { everyTransition } from './every-transition.ts';
import { lines } from './lines.ts';
import { purchases } from './purchases.ts';
import { randomLives } from './random-lives.ts';
import { reads } from './reads.ts';
import { settling } from './settle.ts';
import { transactions } from './transactions.ts';
import { upkeep } from './upkeep.ts';
import { vpnKeys } from './vpn-keys.ts';

/** Everything that the Store promises, whatever the database. */
export function conformance(dialect: Dialect): void {
  if (dialect.missing) {
    test.skip(`the Store on ${dialect.name} is NOT TESTED: ${dialect.missing}`);
    return;
  }
  describe(`the Store on ${dialect.name}`, () => {
    beforeAll(() => dialect.start());
    afterAll(() => dialect.stop());
    for (const part of [
      purchases,
      commands,
      settling,
      lines,
      reads,
      upkeep,
      vpnKeys,
      transactions,
      everyTransition,
      randomLives,
    ])
      describe('', () => part(dialect));
  });
}
