import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from '../installation.ts';
import { jobCountersOf, usedAttempts } from '../job-counters.ts';
import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';
import { loggedAlerts } from './alerts.ts';
import { activeAt } from './event-loop-blocked.ts';
import { nextCallFor, serverOf } from './life.ts';
import { trade } from './trade.ts';

/** A purchase after the return of Redis must run within this time, without a restart of any process. */
const promise = { worstSeconds: 5 };

const away = (seconds: number, full: number): Scenario => ({
  id: `redis-away-${seconds}`,
  about: `Redis is killed and comes back after ${seconds} s, with purchases throughout`,
  runs: { full, quick: seconds === 2 ? 1 : 0 },
  setting: { concurrency: 50 },
  promise,
  run: async (stage) => {
    const { redis } = stage.installation;
    const trading = trade(stage, Math.max(500, seconds * 20));
    await delay(2_000);
    await redis.kill9();
    await delay(seconds * 1_000);
    await redis.restart();
    await untilNextRuns(stage);
    await trading.stop();
  },
});

const activeJobs = 20;
/**
 * A second run lists machines once Redis is back, and again 10 s later. Only the second list has a machine made
 * between.
 */
const listedAfterMs = 8_000;

/** Listings take 0, 1 or 2 s and orders 0.5 s, so that some jobs are before their order and some in it. */
const frozen = (seconds: number): Scenario => ({
  id: `redis-frozen-${seconds}`,
  about: `Redis answers no command for ${seconds} s (SIGSTOP) while ${activeJobs} jobs are active, before, in and after their order; half of the new machines are listed only ${listedAfterMs / 1_000} s after Redis is back`,
  runs: { full: 4, quick: 0 },
  // This is enough for the new purchases beside the jobs whose machines boot.
  setting: { concurrency: 50, simulatorEnv: { SIMULATOR_BOOT_SECONDS: '20', SIMULATOR_CREATE_MS: '500' } },
  promise,
  run: async (stage) => {
    const { installation, random, note } = stage;
    const { shop, redis, cloud, workers } = installation;
    const made = (await cloud.everMade()).length;
    await cloud.addFaultRule({ kind: 'slow', operation: 'list', ms: 1_000, share: 0.5, times: null });
    await cloud.addFaultRule({ kind: 'late-list', ms: seconds * 1_000 + listedAfterMs, share: 0.5, times: null });
    const bought = await Promise.all(Array.from({ length: activeJobs }, () => shop.buy()));
    await until(`${activeJobs} active jobs`, async () => (await activeIn(workers)) >= activeJobs);
    await delay(random.between(0, 2_000));
    redis.pause();
    note(`${(await cloud.everMade()).length - made} of ${activeJobs} machines made when Redis froze`);
    const trading = trade(stage, 2_000);
    await delay(seconds * 1_000);
    await cloud.clearFaultRules();
    redis.resume();
    await untilNextRuns(stage);
    await trading.stop();
    for (const attempt of bought) await shop.until(serverOf(attempt), 'running');
  },
});

async function activeIn(workers: Installation['workers']): Promise<number> {
  const counts = await Promise.all(workers.map(({ url }) => activeAt(url)));
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/**
 * Longer than a lock (10 s), and more often than the 5 crashes that park a job. No worker crashes, so no job may park.
 */
const freezes = { count: 6, ms: 12_000, apartMs: 5_000 };

const frozenOften: Scenario = {
  id: 'redis-frozen-often',
  about: `Redis answers no command for ${freezes.ms / 1_000} s, ${freezes.count} times, while 10 machines boot throughout and 10 new ones each time; no job is parked`,
  runs: { full: 1, quick: 0 },
  setting: { concurrency: 50, simulatorEnv: { SIMULATOR_BOOT_SECONDS: '25' } },
  promise,
  run: async (stage) => {
    const { installation, broken } = stage;
    const { redis, cloud } = installation;
    const totalMs = freezes.count * (freezes.ms + freezes.apartMs);
    const slow = await cloud.addFaultRule({ kind: 'boot', ms: totalMs, times: 10 });
    const ids = await buyMany(installation, 10);
    await until('the orders', async () => (await cloud.timesInjected(slow)) === 10);
    for (let count = 0; count < freezes.count; count++) {
      ids.push(...(await buyMany(installation, 10)));
      await delay(freezes.apartMs);
      redis.pause();
      await delay(freezes.ms);
      redis.resume();
    }
    await untilNextRuns(stage);
    await allRun({ installation }, ids, 180_000);
    for (const id of loggedAlerts(installation, 'parked-job').keys()) broken(`${id} was raised.`);
    for (const message of usedAttempts(await jobCountersOf(installation), { stalls: false })) broken(message);
  },
};

const absent: Scenario = {
  id: 'redis-absent-at-start',
  about: 'Redis is down when the API, the workers, or all of them are started',
  runs: { full: 3, quick: 0 },
  promise,
  run: async (stage) => {
    const { api, workers, redis, shop } = stage.installation;
    const restarted = [[api], workers, [api, ...workers]][stage.index % 3] ?? [];
    await redis.kill9();
    await Promise.all(restarted.map((process) => process.stop()));
    await Promise.all(restarted.map((process) => process.start()));
    const meanwhile = await shop.buy();
    await redis.restart();
    await untilNextRuns(stage);
    await shop.until(serverOf(meanwhile), 'running');
  },
};

const cut: Scenario = {
  id: 'redis-cut',
  about: 'all connections to Redis are broken every 500 ms for 20 s',
  runs: { full: 2, quick: 0 },
  setting: { proxied: true },
  promise,
  run: async (stage) => {
    const trading = trade(stage, 500, { mixed: true });
    for (let times = 0; times < 40; times++) {
      stage.installation.cutConnections();
      await delay(500);
    }
    await untilNextRuns(stage);
    await trading.stop();
  },
};

/** Buys a server and records the time until a worker runs its job. No process may have exited by itself. */
export async function untilNextRuns({ installation, recovered, broken }: Stage): Promise<void> {
  const backAt = Date.now();
  const id = serverOf(await installation.shop.buy());
  const { startedAt } = await nextCallFor(installation, { serverId: id, at: backAt });
  recovered(startedAt - backAt);
  for (const { name, crashes } of crashed(installation)) broken(`${name} exited ${crashes} times by itself.`);
}

function crashed({ api, workers }: Installation) {
  return [api, ...workers].filter(({ crashes }) => crashes > 0);
}

export const redisAway: readonly Scenario[] = [
  away(2, 4),
  away(20, 2),
  away(180, 1),
  frozen(35),
  frozen(60),
  frozenOften,
  absent,
  cut,
];
