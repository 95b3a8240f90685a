import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import { createSweepRecord } from '#queues/alerts/failing-queue.ts';
import { openQueue, type QueueConnection, queueName } from '#queues/bullmq/connection.ts';
import { createPublisher } from '#queues/bullmq/publisher.ts';
import { createSweepQueue, type SweepQueue } from '#queues/bullmq/sweep-queue.ts';
import { createSweeper, partsPerRound, type Sweeper } from '#queues/sweeper.ts';
import { bulkSql } from '../db/bulk.ts';
import { at, noon } from '../db/conformance/fixture.ts';
import { sqliteDialect } from '../db/dialects.ts';
import { startTestRedis, type TestRedis } from '../redis.ts';
import { quiet } from '../world.ts';

const released = 12_000;
const dialect = sqliteDialect();
let redis: TestRedis;
let connection: QueueConnection;
let store: Store;
let queue: SweepQueue;
let sweeper: Sweeper;
/** Added to the number of jobs that the queue holds. */
let forged = 0;
beforeAll(async () => {
  const url = await dialect.emptyDatabase();
  await (await openDatabase(url)).close();
  await dialect.execute(url, `BEGIN;${bulkSql('sqlite', { installing: released, at: noon })}COMMIT`);
  store = createStore(await openDatabase(url));
  redis = await startTestRedis();
  connection = openQueue(redis, quiet);
  const now = () => at(60);
  const real = createSweepQueue(connection, now);
  queue = {
    ...real,
    look: async () => {
      const { jobs, life } = await real.look();
      return { jobs: jobs + forged, life };
    },
  };
  const [publisher, record] = [createPublisher(connection, now), createSweepRecord({ queue: queueName, store, now })];
  sweeper = createSweeper({ store, publisher, queue, record, holder: 'me', now, log: quiet });
}, 60_000);
afterAll(async () => {
  await connection.close();
  await store.close();
  await redis.stop();
  await dialect.stop();
});

const lose = (id: string) => connection.queue.remove(id);
/** The published jobs of each sweep, until the first sweep of the next round. */
const sweeps = async (count: number) => {
  const published: string[][] = [];
  for (let n = 0; n < count; n += 1) published.push(await sweeper.runOnce());
  return published;
};

test('the first sweep of a process fills an empty Redis in one go, oldest first', async () => {
  const published = await sweeper.runOnce();
  expect(published).toHaveLength(released);
  expect(published).toEqual(published.toSorted());
  expect(await connection.queue.getWaitingCount()).toBe(released);
}, 60_000);

test('a round goes by parts, and finds what was lost in each', async () => {
  const lost = ['job-i00000001', 'job-i00006000', 'job-i00012000'];
  await Promise.all(lost.map(lose));
  expect(await sweeps(3)).toEqual(lost.map((id) => [id]));
});

test('a round finds a job that is in no list, at both ends of the list', async () => {
  const lost = ['job-i00000002', 'job-i00011999'];
  for (const id of lost) await connection.redis.lrem(connection.queue.toKey('wait'), 1, id);
  expect((await sweeps(3)).flat()).toEqual(lost);
});

test('a queue that lacks many jobs is filled at once', async () => {
  await redis.flush();
  expect(await sweeper.runOnce()).toHaveLength(released);
}, 60_000);

test('in a new life of Redis, everything is looked at once, even if the counts agree', async () => {
  await sweeps(1);
  await Promise.all(['job-i00000003', 'job-i00011000'].map(lose));
  const look = queue.look;
  Object.assign(queue, { look: async () => ({ ...(await look()), life: 'another' }) });
  expect(await sweeper.runOnce()).toEqual(['job-i00000003', 'job-i00011000']);
  expect(await sweeps(3)).toEqual([[], [], []]);
});

test('forged jobs that make up the count only delay the finding until the round comes there', async () => {
  forged = 100_000;
  await lose('job-i00000004');
  expect((await sweeps(3)).flat()).toEqual(['job-i00000004']);
  forged = 0;
});

test('a part that failed is swept again', async () => {
  await lose('job-i00000005');
  const { findLost } = queue;
  Object.assign(queue, { findLost: () => Promise.reject(new Error('Redis is away.')) });
  await expect(sweeper.runOnce()).rejects.toThrow('Redis is away.');
  Object.assign(queue, { findLost });
  expect(await sweeper.runOnce()).toEqual(['job-i00000005']);
  await sweeps(2);
});

test('the queue is asked about many jobs at once', async () => {
  const calls = async () => {
    const stats = await connection.redis.info('commandstats');
    return ['eval', 'lrange', 'lpos', 'exists', 'hmget', 'pexpire'].map((name) =>
      Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0),
    );
  };
  await connection.redis.config('RESETSTAT');
  await sweeps(3);
  const [evals = 0, ranges = 0, positions = 0] = await calls();
  expect(evals).toBeLessThanOrEqual(released / 500 + 3);
  expect(ranges + positions).toBeLessThanOrEqual(30);
});

test('a lost job is published within a minute, whatever the size of the backlog', () => {
  const [longestPauseSeconds, takeoverSeconds] = [3 * 1.25, 6 + 3 * 1.25];
  // What is left, for the sweeps themselves: 2.4 s each, which takes 125,000 jobs each at a million.
  const left = 60 - takeoverSeconds - partsPerRound * longestPauseSeconds;
  expect(left / partsPerRound).toBeGreaterThan(2.4);
});
