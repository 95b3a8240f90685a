import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { countCrashes, recordSurvivedLockLoss } from '#queues/bullmq/crashes.ts';
import { createPublisher, type Publisher } from '#queues/bullmq/publisher.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { createWorker, type RunningWorker, type WorkerDeps } from '#queues/worker.ts';
import { startTestRedis, type TestRedis } from '../redis.ts';
import { quiet } from '../world.ts';
import { useWorkplace } from './workplace.ts';

const place = useWorkplace();
let redis: TestRedis;
let connection: QueueConnection;
let publisher: Publisher;
let worker: RunningWorker | null = null;
const unhandled = vi.fn();
/** How runs ended, as `id kind`, by the log. */
let ended: string[] = [];
const log = {
  ...quiet,
  info: (fields: Record<string, unknown>) => {
    if (typeof fields.end === 'object' && fields.end !== null && 'kind' in fields.end)
      ended.push(`${fields.jobId} ${fields.end.kind}`);
  },
};
beforeAll(async () => {
  process.on('unhandledRejection', unhandled);
  redis = await startTestRedis();
  connection = openQueue(redis.url, quiet);
  publisher = createPublisher(connection, () => new Date());
});
beforeEach(async () => {
  ended = [];
  place.clock.now = new Date();
  await redis.flush();
});
afterEach(async () => {
  await worker?.drain(2_000);
  worker = null;
});
afterAll(async () => {
  await connection.close();
  await redis.stop();
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

const soon = { timeout: 15_000, interval: 20 };
const create = (changes: Partial<WorkerDeps> = {}) => {
  worker = createWorker({ ...place.deps, redisUrl: redis.url, concurrency: 5, now: () => new Date(), log, ...changes });
  return worker;
};
const start = async (changes: Partial<WorkerDeps> = {}) => {
  const created = create(changes);
  await created.resume();
  return created;
};
const paused = async (running: RunningWorker) => {
  await running.pause();
  return running;
};
const publishBought = async () => {
  const bought = await place.bought();
  await publisher.publish(bought.job, 'release');
  return bought.job.id;
};
const queued = async (id: string) => (await connection.queue.getJob(id)) ?? Promise.reject(new Error('It is gone.'));
const isIn = (id: string, state: string) =>
  vi.waitFor(async () => expect(await connection.queue.getJobState(id)).toBe(state), soon);
/** The provider's calls of the operation hang from now on; resolves when the first has come. */
const hang = (operation: 'find' | 'create' | 'account') => {
  const [come, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  place.provider.during(operation, () => {
    come.resolve();
    return go.promise;
  });
  return { come: come.promise, go: () => go.resolve() };
};

test.each([
  { which: 'new', open: async () => create() },
  { which: 'paused', open: () => start().then(paused) },
])('a $which worker takes no job before it is resumed', async ({ open }) => {
  const waiting = await open();
  const id = await publishBought();
  // A worker that takes jobs has taken it within milliseconds.
  const taken = vi.waitFor(async () => expect(await connection.queue.getJobState(id)).not.toBe('waiting'), 400);
  await expect(taken).rejects.toThrow();
  await waiting.resume();
  await isIn(id, 'completed');
});

test('a job is taken, performed, and its end reported to the queue', async () => {
  await start();
  const id = await publishBought();
  await isIn(id, 'completed');
  expect((await queued(id)).returnvalue).toBe('made');
  expect(await place.stateOf(id)).toBe('succeeded');
  expect(worker?.active()).toBe(0);
});

test('a failed attempt is delayed with its reason, and counted', async () => {
  place.provider.fail('find', new ProviderError('unavailable', 'Away.'), { times: 9 });
  await start();
  const id = await publishBought();
  await isIn(id, 'delayed');
  expect(await queued(id)).toMatchObject({ attemptsMade: 1, failedReason: 'Away.' });
  expect(await place.stateOf(id)).toBe('released');
});

test('a delayed job uses no attempt', async () => {
  place.provider.fail('find', new ProviderError('busy', 'Locked.'));
  await start();
  const id = await publishBought();
  await isIn(id, 'delayed');
  expect((await queued(id)).attemptsMade).toBe(0);
  expect((await connection.queue.getJobLogs(id)).logs.join()).toContain('Locked.');
});

test('draining hands running jobs back without an attempt, also into a paused queue', async () => {
  const creating = hang('create');
  await start();
  const id = await publishBought();
  await creating.come;
  await connection.queue.pause();
  const drained = worker?.drain(5_000);
  creating.go();
  await drained;
  expect(await connection.queue.getJobState(id)).toBe('waiting');
  expect(await queued(id)).toMatchObject({ attemptsMade: 0, stalledCounter: 0 });
  expect(await place.stateOf(id)).toBe('released');
  await connection.queue.resume();
});

test('a job that BullMQ is fetching while the worker drains is handed back unbegun', async () => {
  const last = hang('account');
  await start({ concurrency: 1 });
  const [first, second] = [await publishBought(), await publishBought()];
  await last.come;
  // The end of the first job and the fetching of the second are one command, which Redis answers only later.
  redis.pause();
  last.go();
  await vi.waitFor(() => expect(ended).toEqual([`${first} completed`]), soon);
  const drained = worker?.drain(10_000);
  redis.resume();
  await drained;
  expect(ended).toEqual([`${first} completed`, `${second} handed-back`]);
  expect(place.provider.count('create')).toBe(1);
  expect(await connection.queue.getJobState(second)).toBe('waiting');
});

test('a worker that has nothing to do drains at once, and keeps no connection', async () => {
  const idle = await start();
  await vi.waitFor(async () => expect(await connection.queue.getWorkersCount()).toBe(1), soon);
  const begunAt = performance.now();
  await idle.drain(10_000);
  expect(performance.now() - begunAt).toBeLessThan(3_000);
  await vi.waitFor(async () => expect(await connection.queue.getWorkersCount()).toBe(0), soon);
});

test('a run that cannot confirm its lock goes no further, and costs no attempt', async () => {
  const looks = hang('find');
  await start();
  const id = await publishBought();
  await looks.come;
  redis.pause();
  looks.go();
  // The lock's answer is awaited for 2 s.
  await vi.waitFor(() => expect(ended).toContain(`${id} lock-lost`), soon);
  expect(place.provider.count('create')).toBe(0);
  redis.resume();
  await isIn(id, 'completed');
  expect((await queued(id)).attemptsMade).toBe(1);
  expect((await queued(id)).failedReason).toBeUndefined();
});

test('a run that finds its lock lost records that it survived, so that no crash is counted', async () => {
  const looks = hang('find');
  await start();
  const id = await publishBought();
  await looks.come;
  // As when Redis was away for longer than a lock holds.
  await connection.redis.del(`bull:servers:${id}:lock`);
  looks.go();
  await isIn(id, 'completed');
  const job = await queued(id);
  expect(job).toMatchObject({ attemptsMade: 1, stalledCounter: 1 });
  expect(await countCrashes(connection.redis, job)).toBe(0);
  Object.assign(job, { stalledCounter: 3 });
  expect(await countCrashes(connection.redis, job)).toBe(2);
});

test('a survived lock loss of a job that is gone is not recorded', async () => {
  await start();
  const id = await publishBought();
  await isIn(id, 'completed');
  const job = await queued(id);
  await job.remove();
  await recordSurvivedLockLoss(connection.redis, job);
  expect(await connection.redis.exists(`bull:servers:${id}`)).toBe(0);
});

test('every connection to a Redis that turns read-only is closed, as its address may lead elsewhere by then', async () => {
  await start();
  const list = async () => String(await connection.redis.client('LIST'));
  await vi.waitFor(async () => expect(await list()).toMatch(/cmd=bzpopmin/), soon);
  const own = await connection.redis.client('ID');
  const idsOf = (clients: string) => [...clients.matchAll(/^id=(\d+)/gm)].map(([, id]) => Number(id));
  const others = async () => idsOf(await list()).filter((id) => id !== own);
  const before = await others();
  expect(before).toHaveLength(2);
  await connection.redis.replicaof('127.0.0.1', 1);
  await vi.waitFor(async () => expect((await others()).filter((id) => before.includes(id))).toEqual([]), soon);
  await connection.redis.replicaof('NO', 'ONE');
  await isIn(await publishBought(), 'completed');
});

test('a job whose data somebody has emptied runs all the same', async () => {
  await connection.queue.pause();
  await start();
  const id = await publishBought();
  await connection.redis.hset(connection.queue.toKey(id), 'data', 'null');
  await connection.queue.resume();
  await isIn(id, 'completed');
  expect(await place.stateOf(id)).toBe('succeeded');
  expect((await queued(id)).attemptsMade).toBe(1);
});

test('a job with the name of no kind is performed as its row says', async () => {
  const { job } = await place.bought();
  await connection.queue.add(
    'destroy',
    { serverId: 'x', requestId: null, publishedBy: 'release', redisLife: null },
    { jobId: job.id },
  );
  await start();
  await isIn(job.id, 'completed');
  expect(place.ends).toEqual(['create succeeded']);
});
