import { setTimeout as delay } from 'node:timers/promises';
import { holdWriteLock } from '../database.ts';
import { worstLoopDelayMs } from '../event-loop.ts';
import { jobCountersOf, usedAttempts } from '../job-counters.ts';
import { allRun, buyMany, whileBuying } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../wait.ts';

const jobs = 50;
const lockedMs = 10_000;
const longestBlockMs = 500;

export const lockedDatabase: Scenario = {
  id: 'db-locked',
  about: `another process holds SQLite's write lock for ${lockedMs / 1000} s while ${jobs} jobs are active; no event loop of the API or the workers is blocked beyond ${longestBlockMs} ms, and no job's lock is lost`,
  runs: { full: 2, quick: 1 },
  setting: { workers: 1, concurrency: jobs, simulatorEnv: { SIMULATOR_BOOT_SECONDS: '8', SIMULATOR_BOOT_JITTER: '0' } },
  run: async (stage) => {
    const { installation, note, recovered, broken } = stage;
    const made = (await installation.cloud.machines()).length;
    const ids = await buyMany(installation, jobs);
    await until('the orders', async () => (await installation.cloud.machines()).length >= made + jobs);
    await worstLoopDelayMs(installation);
    const idleLateMs = await whileBuying(installation, 1_000, () =>
      holdWriteLock(installation, { ms: lockedMs, withinMs: 10_000 }),
    );
    const freedAt = performance.now();
    // The work that waited for the lock runs within a second, and is measured too.
    await delay(1_000);
    const lateMs = await worstLoopDelayMs(installation);
    const message = `event loop late by ${Math.round(lateMs)} ms at most, that of an idle process by ${Math.round(idleLateMs)} ms`;
    note(message);
    if (lateMs - idleLateMs > longestBlockMs) broken(message);
    await allRun({ installation }, ids);
    recovered(performance.now() - freedAt);
    for (const message of usedAttempts(await jobCountersOf(installation), { stalls: true })) broken(message);
  },
};
