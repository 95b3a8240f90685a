import { cpSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freeze } from '../../freeze.ts';
import { type TestRedis, withRedis } from '../../redis.ts';
import { holdWriteLock } from '../database.ts';
import type { Random } from '../random.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../wait.ts';
import { nameOf, phases, serverOf } from './life.ts';
import { untilNextRuns } from './redis-away.ts';
import { promise, repeatedly } from './redis-repeatedly.ts';

const [first] = phases;

/** kill -9 of Redis; its newest append-only file is damaged before the restart. */
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
    about: 'kill -9 of Redis, and loss of the end of its append-only file, again and again',
    runs: { full: 2, quick: 0 },
  },
  (file, random) => truncateSync(file, Math.max(0, statSync(file).size - random.between(1, 20_000))),
);

const damaged = damagedFile(
  {
    id: 'redis-damaged',
    about: 'kill -9 of Redis, and overwriting of its append-only file from a random position, again and again',
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
  about:
    'Redis is killed and restarted with its data of seconds ago, in which jobs that have since run and ordered still wait',
  runs: { full: 4, quick: 1 },
  promise,
  run: async (stage) => {
    const { shop, cloud, workers, redis, folder } = stage.installation;
    await cloud.addFaultRule({ id: 'late', kind: 'late-list', ms: 8_000, times: null });
    await freeze(workers, () => holdWriteLock(stage.installation, { ms: 0, withinMs: 1_000 }));
    const bought = await Promise.all(Array.from({ length: 5 }, () => shop.buy()));
    await until('the jobs to be in the queue', async () => {
      const waiting = await withRedis(redis, (client) => client.lrange('bull:servers:wait', 0, -1));
      return bought.every(({ jobId }) => waiting.includes(jobId ?? ''));
    });
    const copy = join(folder, 'old-redis');
    cpSync(filesOf(redis), copy, { recursive: true });
    for (const worker of workers) worker.signal('SIGCONT');
    await until('an order for each purchase', async () => {
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

export const redisDamaged: readonly Scenario[] = [truncated, damaged, snapshot];
