import type { Scenario } from './scenario.ts';
import { clockJumps } from './scenarios/clock.ts';
import { crashLoops } from './scenarios/crash-loop.ts';
import { fullDisk } from './scenarios/database-full.ts';
import { lockedDatabase } from './scenarios/database-locked.ts';
import { blockedLoop } from './scenarios/event-loop-blocked.ts';
import { frozenWorkers } from './scenarios/frozen-worker.ts';
import { killedApi } from './scenarios/kill-api.ts';
import { killedAtFsync } from './scenarios/kill-at-fsync.ts';
import { killedAtTheCloud } from './scenarios/kill-at-the-cloud.ts';
import { killedAtTheDns } from './scenarios/kill-at-the-dns.ts';
import { killedNews } from './scenarios/kill-at-the-news.ts';
import { killedPayments } from './scenarios/kill-at-the-payments.ts';
import { killedAtTheQueue } from './scenarios/kill-at-the-queue.ts';
import { killedCalledOff } from './scenarios/kill-called-off.ts';
import { failingListing } from './scenarios/listing.ts';
import { lostAnswers } from './scenarios/lost-answers.ts';
import { killedMigrations } from './scenarios/migration-killed.ts';
import { misconfigured } from './scenarios/misconfigured.ts';
import { nemesis } from './scenarios/nemesis.ts';
import { oddAnswers } from './scenarios/odd-answers.ts';
import { oddListings } from './scenarios/odd-listing.ts';
import { oddMachines } from './scenarios/odd-machines.ts';
import { orphans } from './scenarios/orphans.ts';
import { restartedPostgres } from './scenarios/postgres-restart.ts';
import { powerCut } from './scenarios/power-cut.ts';
import { randomErrors } from './scenarios/random-errors.ts';
import { redisAway } from './scenarios/redis-away.ts';
import { redisDamaged } from './scenarios/redis-damaged.ts';
import { redisFailovers } from './scenarios/redis-failover.ts';
import { redisKeysLost, redisLost } from './scenarios/redis-lost.ts';
import { redisUnwritable } from './scenarios/redis-unwritable.ts';
import { restored } from './scenarios/restored.ts';
import { shutdowns } from './scenarios/shutdown.ts';
import { silentMachines } from './scenarios/silent-machines.ts';
import { steady } from './scenarios/steady.ts';

/** Every scenario, in the order of the report. A new scenario is a file in scenarios/ and a line here. */
export const scenarios: readonly Scenario[] = [
  ...killedAtTheCloud,
  ...killedAtTheDns,
  ...killedCalledOff,
  ...killedAtTheQueue,
  ...killedPayments,
  ...killedNews,
  ...killedApi,
  killedAtFsync,
  ...crashLoops,
  ...redisAway,
  ...redisLost,
  ...redisDamaged,
  ...redisKeysLost,
  ...redisUnwritable,
  ...redisFailovers,
  ...frozenWorkers,
  lockedDatabase,
  fullDisk,
  powerCut,
  ...killedMigrations,
  restartedPostgres,
  ...shutdowns,
  ...clockJumps,
  blockedLoop,
  ...lostAnswers,
  ...oddListings,
  ...oddAnswers,
  ...oddMachines,
  ...silentMachines,
  randomErrors,
  ...restored,
  ...misconfigured,
  ...orphans,
  failingListing,
  steady,
  nemesis,
];
