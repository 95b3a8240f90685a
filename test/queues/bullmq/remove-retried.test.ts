import { UnrecoverableError, Worker } from 'bullmq';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { removeRetried } from '#queues/bullmq/remove-retried.ts';
import { startWorld, type World } from '../../world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

/** Jobs of BullMQ that have failed, and one that waits. */
async function queued(failing: readonly string[], waiting: string) {
  const { queue } = world.connection;
  const data = { requestId: null, publishedBy: 'release', redisLife: null } as const;
  for (const jobId of failing) await queue.add('create', data, { jobId });
  const fail = async () => {
    throw new UnrecoverableError('Sold out.');
  };
  const worker = new Worker('servers', fail, { connection: { url: world.redis.url } });
  await vi.waitFor(async () => expect(await queue.getFailedCount()).toBe(failing.length), 10_000);
  await worker.close();
  await queue.add('create', data, { jobId: waiting });
}

test('when a retry of a retry has succeeded, both failed jobs are gone from the failed ones, and no other', async () => {
  const { connection } = world;
  await queued(['job-first', 'job-second', 'job-other'], 'job-waiting');
  const retryOf: Record<string, string> = { 'job-second': 'job-first', 'job-first': 'job-waiting' };
  const readJob = async (id: string) => ({ id, retryOf: retryOf[id] ?? null }) as never;
  await removeRetried({ store: { readJob }, connection }, 'job-second');
  expect((await connection.queue.getFailed()).map(({ id }) => id)).toEqual(['job-other']);
  expect(await (await connection.queue.getJob('job-waiting'))?.getState()).toBe('waiting');
});
