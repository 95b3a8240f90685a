import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { countCrashes, recordSurvivedLockLoss } from '#queues/bullmq/crashes.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { hang, isIn, publishBought, queued, start, useWorker } from './worker-scene.ts';

const scene = useWorker();
const soon = { timeout: 15_000, interval: 20 };

test('a run that cannot confirm its lock stops, and uses no attempt', async () => {
  const looks = hang(scene, 'find');
  await start(scene);
  const id = await publishBought(scene);
  await looks.come;
  scene.redis.pause();
  looks.go();
  // The run waits 2 s for the answer about the lock.
  await vi.waitFor(() => expect(scene.ended).toContain(`${id} lock-lost`), soon);
  expect(scene.place.provider.count('create')).toBe(0);
  scene.redis.resume();
  await isIn(scene, id, 'completed');
  expect((await queued(scene, id)).attemptsMade).toBe(1);
  expect((await queued(scene, id)).failedReason).toBeUndefined();
});

test('a run that finds its lock lost records that it survived, so that no crash is counted', async () => {
  const looks = hang(scene, 'find');
  await start(scene);
  const id = await publishBought(scene);
  await looks.come;
  // This happens if Redis was down for longer than a lock lasts.
  await scene.connection.redis.del(`bull:servers:${id}:lock`);
  looks.go();
  await isIn(scene, id, 'completed');
  const job = await queued(scene, id);
  expect(job).toMatchObject({ attemptsMade: 1, stalledCounter: 1 });
  expect(await countCrashes(scene.connection.redis, job)).toBe(0);
  Object.assign(job, { stalledCounter: 3 });
  expect(await countCrashes(scene.connection.redis, job)).toBe(2);
});

test('a survived lock loss of a job that is gone is not recorded', async () => {
  await start(scene);
  const id = await publishBought(scene);
  await isIn(scene, id, 'completed');
  const job = await queued(scene, id);
  await job.remove();
  await recordSurvivedLockLoss(scene.connection.redis, job);
  expect(await scene.connection.redis.exists(`bull:servers:${id}`)).toBe(0);
});

test('every connection to a Redis that turns read-only is closed, because its address may have moved', async () => {
  await start(scene);
  const list = async () => String(await scene.connection.redis.client('LIST'));
  await vi.waitFor(async () => expect(await list()).toMatch(/cmd=bzpopmin/), soon);
  const own = await scene.connection.redis.client('ID');
  const idsOf = (clients: string) => [...clients.matchAll(/^id=(\d+)/gm)].map(([, id]) => Number(id));
  const others = async () => idsOf(await list()).filter((id) => id !== own);
  const before = await others();
  expect(before).toHaveLength(2);
  await scene.connection.redis.replicaof('127.0.0.1', 1);
  await vi.waitFor(async () => expect((await others()).filter((id) => before.includes(id))).toEqual([]), soon);
  await scene.connection.redis.replicaof('NO', 'ONE');
  await isIn(scene, await publishBought(scene), 'completed');
});

test('a run whose lock cannot be renewed is stopped, also while it waits for the provider', async () => {
  const waits = Promise.withResolvers<void>();
  const { findNamed } = scene.place.provider;
  vi.spyOn(scene.place.provider, 'findNamed').mockImplementationOnce(async (name, signal) => {
    waits.resolve();
    await once(signal, 'abort');
    return findNamed(name, signal);
  });
  await start(scene);
  const id = await publishBought(scene);
  await waits.promise;
  // As when another worker has taken over the job. BullMQ renews locks every 5 s.
  await scene.connection.redis.set(`bull:servers:${id}:lock`, 'of another worker', 'PX', 60_000);
  await vi.waitFor(() => expect(scene.ended).toEqual([`${id} lock-lost`]), soon);
  expect(scene.place.provider.count('create')).toBe(0);
});

test('a delayed run that has lost its lock records that it survived, so that no crash is counted', async () => {
  const looks = hang(scene, 'find');
  scene.place.provider.fail('find', new ProviderError('busy', 'Locked.'));
  await start(scene);
  const id = await publishBought(scene);
  await looks.come;
  await scene.connection.redis.del(`bull:servers:${id}:lock`);
  looks.go();
  await vi.waitFor(() => expect(scene.ended).toContain(`${id} delayed`), soon);
  // The lock is lost, so BullMQ does not delay the job; the next run begins after the stalled check.
  await isIn(scene, id, 'completed');
  const job = await queued(scene, id);
  expect(job.stalledCounter).toBe(1);
  expect(await countCrashes(scene.connection.redis, job)).toBe(0);
});
