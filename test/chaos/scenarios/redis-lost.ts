import { setTimeout as delay } from 'node:timers/promises';
import { withRedis } from '../../redis.ts';
import type { Scenario } from '../scenario.ts';
import { repeatedly } from './redis-repeatedly.ts';

const flushed = repeatedly(
  { id: 'redis-flushed', about: 'FLUSHALL again and again, for 20 s', runs: { full: 2, quick: 0 } },
  async ({ installation, random }) => {
    await installation.redis.flush();
    await delay(random.between(200, 3_000));
  },
);

const killed = (appendOnly: boolean) =>
  repeatedly(
    {
      id: appendOnly ? 'redis-killed' : 'redis-killed-forgets',
      about: `kill -9 of Redis again and again, ${appendOnly ? 'with' : 'without'} an append-only file`,
      runs: { full: 2, quick: 0 },
      setting: { appendOnly },
      // Redis stays without a file, so its alert stays too.
      promise: appendOnly ? {} : { alertsLeft: ['redis-unsafe'] },
    },
    async ({ installation: { redis }, random }) => {
      await redis.kill9();
      await delay(random.between(0, 1_500));
      await redis.restart();
      await delay(random.between(500, 4_000));
    },
  );

const keyLost = repeatedly(
  {
    id: 'redis-keys-lost',
    about: 'single keys of the queue are deleted: a job, its lock, a list, the marker, or any other key',
    runs: { full: 3, quick: 0 },
  },
  async ({ installation, random }) => {
    await withRedis(installation.redis, async (redis) => {
      const keys = (await redis.keys('bull:servers:*')).sort();
      // A job, a lock and a list are deleted equally often for any number of jobs.
      const kinds = [...Map.groupBy(keys, (key) => key.replace(/:job-[^:]+/, ':job')).values()];
      if (kinds.length > 0) await redis.del(random.pick(random.pick(kinds)));
    });
    await delay(random.between(20, 300));
  },
);

export const redisLost: readonly Scenario[] = [flushed, killed(true), killed(false)];

export const redisKeysLost: readonly Scenario[] = [keyLost];
