import { cpSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { freeze } from '../../freeze.ts';
import { type TestRedis, withRedis } from '../../redis.ts';
import { holdWriteLock } from '../database.ts';
import type { Random } from '../random.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';
import { nameOf, phases, serverOf } from './life.ts';
import { untilNextRuns } from './redis-away.ts';
import { trade } from './trade.ts';

const promise = { worstSeconds: 5 };
const forMs = 20_000;
const [first] = phases;

/** Does it again and again for a while, with all kinds of jobs under way; new machines are listed late. */
function repeatedly(
  scenario: Pick<Scenario, 'id' | 'about' | 'runs' | 'setting' | 'promise'>,
  fault: (stage: Stage) => Promise<void>,
): Scenario {
  return {
    ...scenario,
    promise: { ...promise, ...scenario.promise },
    run: async (stage) => {
      await listLate(stage);
      const trading = trade(stage, 700, { mixed: true });
      const endsAt = performance.now() + forMs;
      while (performance.now() < endsAt) await fault(stage);
      await untilNextRuns(stage);
      await trading.stop();
    },
  };
}

/** Less than the driver reckons with, and long enough for a look to miss a machine that another run has ordered. */
async function listLate({ installation }: Stage): Promise<void> {
  await installation.cloud.addFaultRule({ id: 'late', kind: 'late-list', ms: 8_000, share: 0.5, times: null });
}

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
      // It has no file to the end, and an alert rightly says so.
      promise: appendOnly ? {} : { alertsLeft: ['redis-unsafe'] },
    },
    async ({ installation: { redis }, random }) => {
      await redis.kill9();
      await delay(random.between(0, 1_500));
      await redis.restart();
      await delay(random.between(500, 4_000));
    },
  );

/** kill -9, and what it left behind is spoilt before it comes back. */
const damagedFile = (
  scenario: Pick<Scenario, 'id' | 'about' | 'runs'>,
  damage: (file: string, random: Random) => void,
): Scenario =>
  repeatedly(scenario, async ({ installation: { redis }, random }) => {
    await redis.kill9();
    damage(newestFileOf(redis), random);
    await redis.restart();
    await delay(random.between(1_000, 5_000));
  });

const truncated = damagedFile(
  {
    id: 'redis-truncated',
    about: 'kill -9 of Redis, the end of its append-only file lost, again and again',
    runs: { full: 2, quick: 0 },
  },
  (file, random) => truncateSync(file, Math.max(0, statSync(file).size - random.between(1, 20_000))),
);

const damaged = damagedFile(
  {
    id: 'redis-damaged',
    about: 'kill -9 of Redis, its append-only file overwritten in the middle, again and again',
    runs: { full: 1, quick: 0 },
  },
  (file, random) => {
    const bytes = readFileSync(file);
    bytes.fill('?', Math.floor(bytes.length * random.next()));
    writeFileSync(file, bytes);
  },
);

function newestFileOf(redis: TestRedis): string {
  const folder = filesOf(redis);
  const [newest] = readdirSync(folder)
    .filter((name) => name.endsWith('.incr.aof'))
    .sort()
    .toReversed();
  if (!newest) throw new Error(`There is no append-only file in ${folder}.`);
  return join(folder, newest);
}

function filesOf({ dataDir }: TestRedis): string {
  return join(dataDir, 'redis', 'appendonlydir');
}

const snapshot: Scenario = {
  id: 'redis-old-snapshot',
  about: 'Redis is killed and comes back as it was seconds ago: jobs wait there as new that have run and ordered since',
  runs: { full: 4, quick: 1 },
  promise,
  run: async (stage) => {
    const { shop, cloud, workers, redis, folder } = stage.installation;
    await cloud.addFaultRule({ id: 'late', kind: 'late-list', ms: 8_000, times: null });
    await freeze(workers, () => holdWriteLock(stage.installation, { ms: 0, withinMs: 1_000 }));
    const bought = await Promise.all(Array.from({ length: 5 }, () => shop.buy()));
    await until('The jobs', async () => {
      const waiting = await withRedis(redis, (client) => client.lrange('bull:servers:wait', 0, -1));
      return bought.every(({ jobId }) => waiting.includes(jobId ?? ''));
    });
    const copy = join(folder, 'old-redis');
    cpSync(filesOf(redis), copy, { recursive: true });
    for (const worker of workers) worker.signal('SIGCONT');
    await until('An order for each', async () => {
      const ordered = (await cloud.everMade()).map(({ label }) => label);
      return bought.every((attempt) => ordered.includes(nameOf(serverOf(attempt), first)));
    });
    await redis.kill9();
    rmSync(filesOf(redis), { recursive: true });
    renameSync(copy, filesOf(redis));
    await redis.restart();
    await untilNextRuns(stage);
    for (const attempt of bought) await shop.until(serverOf(attempt), 'running');
  },
};

const keyLost = repeatedly(
  {
    id: 'redis-keys-lost',
    about: 'single keys of the queue are deleted: a job, its lock, a list, the marker, or any other',
    runs: { full: 3, quick: 0 },
  },
  async ({ installation, random }) => {
    await withRedis(installation.redis, async (redis) => {
      const keys = (await redis.keys('bull:servers:*')).sort();
      // A job, a lock and a list are to be hit equally often, however many jobs there are.
      const kinds = [...Map.groupBy(keys, (key) => key.replace(/:job-[^:]+/, ':job')).values()];
      if (kinds.length > 0) await redis.del(random.pick(random.pick(kinds)));
    });
    await delay(random.between(20, 300));
  },
);

/** Nothing can be kept in it for a while, with an alert that says so. */
const unwritable = (
  scenario: Pick<Scenario, 'id' | 'about'>,
  damage: (client: Redis) => Promise<unknown>,
  repair: (client: Redis) => Promise<unknown>,
): Scenario => ({
  ...scenario,
  runs: { full: 2, quick: 0 },
  promise,
  run: async (stage) => {
    await listLate(stage);
    const { redis } = stage.installation;
    const trading = trade(stage, 700, { mixed: true });
    await delay(2_000);
    await withRedis(redis, damage);
    await untilUnsafe(stage);
    await delay(forMs);
    await withRedis(redis, repair);
    await untilNextRuns(stage);
    await trading.stop();
  },
});

const makeRoom = (client: Redis) => client.config('SET', 'maxmemory', 0, 'maxmemory-policy', 'noeviction');

const full = unwritable(
  { id: 'redis-full', about: 'Redis is full and refuses every write, for 20 s; an alert says so' },
  (client) => client.config('SET', 'maxmemory', 1),
  makeRoom,
);

const evicting = unwritable(
  { id: 'redis-evicting', about: 'Redis is set to evict and has too little room, for 20 s; an alert says so' },
  async (client) => client.config('SET', 'maxmemory-policy', 'allkeys-lru', 'maxmemory', await roomFor(client)),
  async (client) => {
    await makeRoom(client);
    if (figureIn(await client.info('stats'), 'evicted_keys') === 0) throw new Error('Redis has evicted nothing.');
  },
);

const readOnly = unwritable(
  { id: 'redis-read-only', about: 'Redis is a replica and refuses every write, for 20 s; an alert says so' },
  (client) => client.replicaof('127.0.0.1', 1),
  (client) => client.replicaof('NO', 'ONE'),
);

function untilUnsafe({ installation: { shop } }: Stage): Promise<true> {
  const isRaised = async () => (await shop.alerts())?.some(({ kind }) => kind === 'redis-unsafe') || null;
  return until('The alert', isRaised, 20_000);
}

/** In bytes: no more than what it has, so that each new key costs an old one. */
async function roomFor(client: Redis): Promise<number> {
  return figureIn(await client.info('memory'), 'used_memory');
}

function figureIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
}

export const redisLost: readonly Scenario[] = [
  ...[flushed, killed(true), killed(false), truncated, damaged, snapshot, keyLost],
  ...[full, evicting, readOnly],
];
