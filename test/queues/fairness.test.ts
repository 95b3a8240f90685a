import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import { createSweepRecord } from '#queues/alerts/failing-queue.ts';
import { openQueue, type QueueConnection, queueName } from '#queues/bullmq/connection.ts';
import { createLive } from '#queues/bullmq/live.ts';
import { createPublisher, type Publisher } from '#queues/bullmq/publisher.ts';
import { createQueueWorker, type RunningWorker } from '#queues/bullmq/queue-worker.ts';
import { createSweepQueue } from '#queues/bullmq/sweep-queue.ts';
import { createSweeper } from '#queues/sweeper.ts';
import { bulkSql } from '../db/bulk.ts';
import { at, buy, missing, noon, plain, rebuild, running } from '../db/conformance/fixture.ts';
import { sqliteDialect } from '../db/dialects.ts';
import { startTestRedis, type TestRedis } from '../redis.ts';
import { quiet } from '../world.ts';

/** All of them are ada's. */
const servers = 500;
const slots = 5;
const dialect = sqliteDialect();
let redis: TestRedis;
let connection: QueueConnection;
let store: Store;
let publisher: Publisher;
let worker: RunningWorker | null = null;
const ofAda: string[] = [];
const now = () => at(60);

beforeAll(async () => {
  const url = await dialect.emptyDatabase();
  await (await openDatabase(url)).close();
  await dialect.execute(url, `BEGIN;${bulkSql('sqlite', { running: servers, at: noon })}COMMIT`);
  store = createStore(await openDatabase(url));
  redis = await startTestRedis();
  connection = openQueue(redis, quiet);
  publisher = createPublisher(connection, now);
  for (let n = 1; n <= servers; n += 1) ofAda.push(`srv-r${String(n).padStart(8, '0')}`);
}, 60_000);
afterEach(async () => {
  await worker?.drain(2_000);
  worker = null;
});
afterAll(async () => {
  await connection.close();
  await store.close();
  await redis.stop();
  await dialect.stop();
});

/** Takes jobs, and lets each run until it is ended by hand. */
function startSlots() {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  worker = createQueueWorker({
    redisServer: redis,
    queue: queueName,
    concurrency: slots,
    now,
    log: quiet,
    perform: async ({ id }) => {
      started.push(id);
      for (const { count, resolve } of waiting) if (started.length >= count) resolve();
      await new Promise<void>((resolve) => ends.push(resolve));
      return { kind: 'completed', result: 'made' };
    },
  });
  const untilStarted = (count: number) =>
    new Promise<void>((resolve) => (started.length >= count ? resolve() : waiting.push({ count, resolve })));
  /** Ends the jobs that run, and resolves once as many others have started. */
  const oneJobTime = async () => {
    const count = started.length + slots;
    for (const end of ends.splice(0)) end();
    await untilStarted(count);
  };
  return { started, untilStarted, oneJobTime, endAll: () => ends.splice(0).forEach((end) => void end()) };
}

const publish = async (job: Job) => {
  await publisher.publish(job, 'release');
  return job.id;
};

test('one customer asks for 500 rebuilds; the purchase and the rebuild of others start within one job time', {
  timeout: 180_000,
}, async () => {
  const bob = await running(store, { customer: 'bob' });
  for (const id of ofAda.slice(0, 2)) await publish(await firedRebuild(id));
  const asked = await Promise.all(ofAda.slice(2).map(async (id) => publish((await rebuild(store, id)).job)));
  const hand = startSlots();
  await worker?.resume();
  await hand.untilStarted(slots);
  expect(hand.started, 'in the order accepted, before those of the schedule').toEqual(asked.slice(0, slots));
  const bought = await publish((await buy(store, { customer: 'eve' })).job);
  const rebuilt = await publish((await rebuild(store, bob.id)).job);
  await hand.oneJobTime();
  expect(hand.started.slice(slots, slots + 2)).toEqual([bought, rebuilt]);
  expect((await createLive(connection).queue())?.counts?.waiting).toBe(servers + 2 - 2 * slots);
  await worker?.pause();
  hand.endAll();
});

test('the sweep publishes them with the same priorities into an empty Redis', { timeout: 180_000 }, async () => {
  await redis.flush();
  const record = createSweepRecord({ queue: queueName, store, now });
  const queue = createSweepQueue(connection, now);
  await createSweeper({ store, publisher, queue, record, holder: 'me', now, log: quiet }).runOnce();
  const priorities = async (state: 'wait' | 'prioritized') =>
    (await connection.queue.getJobs([state], 0, -1, true)).map(({ name, priority }) => `${name} ${priority}`);
  expect(await priorities('wait')).toEqual(['create 0']);
  const prioritized = await priorities('prioritized');
  expect(prioritized.slice(0, 2)).toEqual(['rebuild 1000', 'rebuild 1002']);
  expect(prioritized.slice(-2)).toEqual(['rebuild 100000', 'rebuild 100001']);
  expect(prioritized).toHaveLength(servers + 1);
});

async function firedRebuild(serverId: string): Promise<Job> {
  const actor = { requestedBy: 'schedule', requestId: null, now: noon } as const;
  const asked = await store.recordRebuild({ serverId, location: null }, actor, plain);
  return asked.recorded?.job ?? missing('rebuild');
}
