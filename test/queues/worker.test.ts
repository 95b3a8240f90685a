import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RunningWorker } from '#queues/bullmq/queue-worker.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { create, hang, isIn, publishBought, queued, start, useWorker } from './worker-scene.ts';

const scene = useWorker();
const soon = { timeout: 15_000, interval: 20 };
const paused = async (running: RunningWorker) => {
  await running.pause();
  return running;
};

test.each([
  { which: 'new', open: async () => create(scene) },
  { which: 'paused', open: () => start(scene).then(paused) },
])('a $which worker takes no job before it is resumed', async ({ open }) => {
  const waiting = await open();
  const id = await publishBought(scene);
  // A worker that takes jobs has taken it within milliseconds.
  const taken = vi.waitFor(async () => expect(await scene.connection.queue.getJobState(id)).not.toBe('waiting'), 400);
  await expect(taken).rejects.toThrow();
  await waiting.resume();
  await isIn(scene, id, 'completed');
});

test('a job is taken and performed, and its end is reported to the queue', async () => {
  await start(scene);
  const id = await publishBought(scene);
  await isIn(scene, id, 'completed');
  expect((await queued(scene, id)).returnvalue).toBe('made');
  expect(await scene.place.stateOf(id)).toBe('succeeded');
  expect(scene.worker?.active()).toBe(0);
});

test('a run that succeeds at once leaves no progress and no log in Redis, and one that fails leaves both', async () => {
  scene.place.provider.fail('create', new ProviderError('unavailable', 'Away.'), { times: 1 });
  await start(scene);
  const failed = await publishBought(scene);
  await isIn(scene, failed, 'delayed');
  const succeeded = await publishBought(scene);
  await isIn(scene, succeeded, 'completed');
  // Longer than reports are gathered.
  await delay(400);
  expect((await scene.connection.queue.getJobLogs(succeeded)).logs).toEqual([]);
  expect((await queued(scene, succeeded)).progress).toBe(0);
  expect((await scene.connection.queue.getJobLogs(failed)).logs.join()).toMatch(/Ordering.*Away/);
  expect((await queued(scene, failed)).progress).toMatchObject({ percent: 20 });
});

test('a failed attempt is delayed with its reason, and counted', async () => {
  scene.place.provider.fail('find', new ProviderError('unavailable', 'Away.'), { times: 9 });
  await start(scene);
  const id = await publishBought(scene);
  await isIn(scene, id, 'delayed');
  expect(await queued(scene, id)).toMatchObject({ attemptsMade: 1, failedReason: 'Away.' });
  expect(await scene.place.stateOf(id)).toBe('released');
});

test('a job whose order was refused looks only once at its next start', async () => {
  scene.place.provider.fail('create', new ProviderError('rejected', 'Not now.', { madeNothing: true }));
  await start(scene);
  const id = await publishBought(scene);
  await isIn(scene, id, 'completed');
  const operations = scene.place.provider.calls.map(({ operation }) => operation);
  expect(operations.slice(0, 4)).toEqual(['find', 'create', 'find', 'create']);
});

test('a delayed job uses no attempt', async () => {
  scene.place.provider.fail('find', new ProviderError('busy', 'Locked.'));
  await start(scene);
  const id = await publishBought(scene);
  await isIn(scene, id, 'delayed');
  expect((await queued(scene, id)).attemptsMade).toBe(0);
  expect((await scene.connection.queue.getJobLogs(id)).logs.join()).toContain('Locked.');
});

test('draining hands running jobs back without an attempt, even into a paused queue', async () => {
  const creating = hang(scene, 'create');
  await start(scene);
  const id = await publishBought(scene);
  await creating.come;
  await scene.connection.queue.pause();
  const drained = scene.worker?.drain(5_000);
  creating.go();
  await drained;
  expect(await scene.connection.queue.getJobState(id)).toBe('waiting');
  expect(await queued(scene, id)).toMatchObject({ attemptsMade: 0, stalledCounter: 0 });
  expect(await scene.place.stateOf(id)).toBe('released');
  await scene.connection.queue.resume();
});

test('a job that BullMQ fetches during the drain is handed back before it starts', async () => {
  const last = hang(scene, 'account');
  await start(scene, { concurrency: 1 });
  const [first, second] = [await publishBought(scene), await publishBought(scene)];
  await last.come;
  // One command ends the first job and fetches the second. Redis answers it only later.
  scene.redis.pause();
  last.go();
  await vi.waitFor(() => expect(scene.ended).toEqual([`${first} completed`]), soon);
  const drained = scene.worker?.drain(10_000);
  scene.redis.resume();
  await drained;
  expect(scene.ended).toEqual([`${first} completed`, `${second} handed-back`]);
  expect(scene.place.provider.count('create')).toBe(1);
  // The customer's second job has a rank.
  expect(await scene.connection.queue.getJobState(second)).toBe('prioritized');
});

test('an idle worker drains at once, and keeps no connection', async () => {
  const idle = await start(scene);
  await vi.waitFor(async () => expect(await scene.connection.queue.getWorkersCount()).toBe(1), soon);
  const begunAt = performance.now();
  await idle.drain(10_000);
  expect(performance.now() - begunAt).toBeLessThan(3_000);
  await vi.waitFor(async () => expect(await scene.connection.queue.getWorkersCount()).toBe(0), soon);
});

test('a job whose data was emptied still runs', async () => {
  await scene.connection.queue.pause();
  await start(scene);
  const id = await publishBought(scene);
  await scene.connection.redis.hset(scene.connection.queue.toKey(id), 'data', 'null');
  await scene.connection.queue.resume();
  await isIn(scene, id, 'completed');
  expect(await scene.place.stateOf(id)).toBe('succeeded');
  expect((await queued(scene, id)).attemptsMade).toBe(1);
});

test('a job with an unknown name is performed by the kind in its row', async () => {
  const { job } = await scene.place.bought();
  await scene.connection.queue.add(
    'destroy',
    { serverId: 'x', requestId: null, publishedBy: 'release', redisLife: null },
    { jobId: job.id },
  );
  await start(scene);
  await isIn(scene, job.id, 'completed');
  expect(scene.place.ends).toEqual(['create succeeded']);
});

describe('while Redis is away', () => {
  afterEach(() => scene.redis.restart());
  /** Resolves once the worker's connections wait to reconnect. */
  const redisIsAway = async () => {
    await scene.redis.kill9();
    await vi.waitFor(() => expect(scene.connection.redis.status).toBe('reconnecting'), soon);
  };

  test('an idle worker drains at once, although BullMQ waits for the end of a connection that has none', async () => {
    const idle = await start(scene);
    await vi.waitFor(async () => expect(await scene.connection.queue.getWorkersCount()).toBe(1), soon);
    await redisIsAway();
    const begunAt = performance.now();
    await idle.drain(30_000);
    expect(performance.now() - begunAt).toBeLessThan(5_000);
  });

  test('a drain gives up its jobs when their locks have expired, and not at the end of its grace', async () => {
    const creating = hang(scene, 'create');
    await start(scene);
    await publishBought(scene);
    await creating.come;
    await redisIsAway();
    const begunAt = performance.now();
    const drained = scene.worker?.drain(50_000);
    creating.go();
    await drained;
    expect(performance.now() - begunAt).toBeGreaterThan(9_000);
    expect(performance.now() - begunAt).toBeLessThan(20_000);
  });

  test('a drain hands its jobs back once Redis has restarted', async () => {
    const creating = hang(scene, 'create');
    await start(scene);
    await publishBought(scene);
    await creating.come;
    await redisIsAway();
    const begunAt = performance.now();
    const drained = scene.worker?.drain(50_000);
    creating.go();
    await scene.redis.restart();
    await drained;
    expect(performance.now() - begunAt).toBeLessThan(8_000);
  });
});
