import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { queueAlerts } from '#queues/alerts/queue-alerts.ts';
import { startBullWorker } from '#queues/bullmq/bull-worker.ts';
import {
  openNewsQueue,
  openPaymentsQueue,
  openQueue,
  type QueueConnection,
  type QueueName,
  queueNames,
} from '#queues/bullmq/connection.ts';
import { countCrashes, recordSurvivedLockLoss } from '#queues/bullmq/crashes.ts';
import { createLive } from '#queues/bullmq/live.ts';
import { createPublisher } from '#queues/bullmq/publisher.ts';
import { readRedisLife } from '#queues/bullmq/redis-life.ts';
import { createSweepQueue } from '#queues/bullmq/sweep-queue.ts';
import { assertUsable } from '#queues/bullmq/usable.ts';
import { createSlots } from '#queues/news/slots.ts';
import { addUser, documentedRights, refusals } from '../../least-rights.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { quiet } from '../../world.ts';
import { jobRow } from '../jobs/scene.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis({ appendOnly: true });
});
afterAll(() => redis.stop());

const soon = { timeout: 30_000, interval: 20 };
const now = () => new Date();
const released = (id: string) => jobRow({ id, state: 'released', createdAt: now(), releasedAt: now() });

/** How the service opens each of its queues, on the connection of the servers' queue. */
const openers: Readonly<Record<QueueName, (servers: QueueConnection) => QueueConnection>> = {
  servers: (connection) => connection,
  payments: openPaymentsQueue,
  news: openNewsQueue,
};

/** Uses the queue in each way that the service does; jobs fail once and then succeed. */
async function useQueue(connection: QueueConnection): Promise<void> {
  const { queue, redis: client } = connection;
  await assertUsable(client);
  const publisher = createPublisher(connection, now);
  const sweeping = createSweepQueue(connection, now);
  await publisher.publish(released('job-1'), 'release');
  await publisher.publish({ ...released('job-2'), dueAt: new Date(Date.now() + 60_000) }, 'sweep');
  await sweeping.addAbsent(['job-3', 'job-4'].map(released));
  const done: string[] = [];
  const worker = startBullWorker({
    queue: queue.name,
    redis: client,
    slots: 2,
    process: async (job) => {
      await job.updateProgress({ step: 'Working', percent: 50 });
      await job.log('Working');
      await job.extendLock(job.token ?? '', 10_000);
      await recordSurvivedLockLoss(client, job);
      await countCrashes(client, Object.assign(job, { stalledCounter: 1 }));
      if (job.attemptsMade === 0) throw new Error('Once.');
      done.push(job.id ?? '');
      return 'done';
    },
    onLockLost: () => undefined,
    log: quiet,
  });
  await publisher.promote('job-2');
  await vi.waitFor(() => expect(done.sort()).toEqual(['job-1', 'job-2', 'job-3', 'job-4']), soon);
  await queue.pause();
  await queue.resume();
  expect(await createLive(connection).job('job-1')).toMatchObject({ running: false });
  expect(await createLive(connection).running()).toEqual([]);
  await sweeping.look();
  await sweeping.removeForeignKeys();
  expect(await sweeping.findLost(['job-1', 'job-5'])).toMatchObject({ absent: ['job-5'] });
  await sweeping.endLocks(['job-1']);
  await client.time();
  await queue.getJobLogs('job-1');
  await queue.getMetrics('completed');
  await worker.close();
}

test('the documented rights are enough for every queue, and Redis refuses nothing', async () => {
  expect(documentedRights.length).toBeGreaterThan(5);
  const url = await addUser(redis, documentedRights);
  const connection = openQueue({ url }, quiet);
  for (const name of queueNames) await useQueue(openers[name](connection));
  const giveBack = await createSlots(openers.news(connection)).take('hook-1', 2);
  await giveBack?.();
  expect(await createLive(connection).queue()).toMatchObject({ forbidden: [], error: null, memoryUsed: 0 });
  expect(await readRedisLife(connection.redis)).toMatch(/^\w{40}$/);
  expect(await refusals(redis)).toEqual([]);
  await connection.close();
});

test('the documented rights end at the keys of the queues, and exclude what is dangerous', async () => {
  const url = await addUser(redis, documentedRights);
  const { redis: client, close } = openQueue({ url }, quiet);
  for (const forbidden of [
    () => client.set('bull:others:wait', 'x'),
    () => client.get('sessions'),
    () => client.flushall(),
    () => client.keys('*'),
    () => client.config('GET', 'dir'),
    () => client.call('ACL', 'LIST'),
    () => client.publish('channel', 'x'),
    () => client.call('CLIENT', 'KILL', 'TYPE', 'normal'),
  ])
    await expect(forbidden()).rejects.toThrow('NOPERM');
  await close();
});

describe('a user without the dangerous commands', () => {
  const without = documentedRights.filter((right) => !['+info', '+client|list'].includes(right));
  let connection: QueueConnection;
  beforeAll(async () => {
    await redis.flush();
    connection = openQueue({ url: await addUser(redis, without) }, quiet);
  });
  afterAll(() => connection.close());

  test('runs jobs', async () => {
    const noise = vi.spyOn(console, 'warn');
    await useQueue(connection);
    expect(noise).not.toHaveBeenCalled();
  });

  test('raises one alert, which says what could not be asked, and does not call Redis unreachable', async () => {
    const queue = await createLive(connection).queue();
    expect(queue).toMatchObject({
      forbidden: ['CLIENT LIST', 'INFO'],
      workers: null,
      evictionPolicy: null,
      appendOnly: null,
      memoryUsed: null,
      cannotSave: null,
      isReadOnly: false,
      error: null,
      paused: false,
      counts: { completed: 4 },
    });
    expect(queueAlerts(queue, null, now())).toEqual([
      expect.objectContaining({
        id: 'redis-unsafe:permissions',
        message: expect.stringMatching(
          /may not run CLIENT LIST and INFO\. .*missing workers.*two listings\. Permit it;/,
        ),
      }),
    ]);
  });
});
