import { Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { JobKind } from '#db/model.ts';
import type { ReleasedJob } from '#db/reads/due.ts';
import { type JobData, openQueue, type QueueConnection, type QueuedJob, queueName } from '#queues/bullmq/connection.ts';
import { isLost } from '#queues/bullmq/liveness.ts';
import { createPublisher, type Publisher } from '#queues/bullmq/publisher.ts';
import { createSweepQueue, type SweepQueue } from '#queues/bullmq/sweep-queue.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { quiet } from '../../world.ts';

export const id = 'job-1';
/** The publisher's time; it stands still. */
export const at = new Date();
/** Created a second before its release, so that its publisher looks before it adds. */
export const released: ReleasedJob = {
  id,
  kind: 'create',
  serverId: 'srv-1',
  rank: 0,
  requestedBy: 'key:shop',
  requestId: 'req-1',
  createdAt: new Date(at.getTime() - 1_000),
  dueAt: null,
  releasedAt: at,
};
/** Created and released in one transaction. */
export const fresh: ReleasedJob = { ...released, createdAt: at };
export const inAnHour = (): ReleasedJob => ({ ...released, dueAt: new Date(Date.now() + 3_600_000) });

/** For the tests of a file: a queue in a real Redis, empty before each test, a publisher, and a way to take jobs. */
export function usePublisher() {
  let redis: TestRedis;
  let opened: QueueConnection;
  let created: Publisher;
  let hand: Worker<JobData, string, JobKind>;
  beforeAll(async () => {
    redis = await startTestRedis();
    opened = openQueue(redis, quiet);
    created = createPublisher(opened, () => at);
    const settings = { backoffStrategy: () => 60_000 };
    hand = new Worker(queueName, null, { connection: opened.redis, autorun: false, settings });
  });
  beforeEach(() => redis.flush());
  afterAll(async () => {
    await hand.close();
    await opened.close();
    await redis.stop();
  });
  // Both exist only once the tests run.
  const connection = new Proxy({} as QueueConnection, { get: (_, property) => Reflect.get(opened, property) });
  const publisher = new Proxy({} as Publisher, { get: (_, property) => Reflect.get(created, property) });
  const sweepQueue = new Proxy({} as SweepQueue, {
    get: (_, property) =>
      Reflect.get(
        createSweepQueue(opened, () => at),
        property,
      ),
  });
  return {
    connection,
    publisher,
    key: (name: string) => connection.queue.toKey(name),
    stateOf: () => connection.queue.getJobState(id),
    dataOf: async () => (await connection.queue.getJob(id))?.data,
    sweepQueue,
    /** One by one and among many, the answer must be the same. */
    isLive: async (job = released) => {
      const lost = await isLost(connection, job, at);
      const { absent, damaged } = await sweepQueue.findLost([id]);
      // The sweep only asks for jobs that are due.
      if (job.dueAt === null) expect([...absent, ...damaged]).toEqual(lost ? [id] : []);
      return !lost;
    },
    /** Takes the next job like a worker, without running it. */
    take: async (): Promise<QueuedJob> => {
      const job = await hand.getNextJob('token-1', { block: false });
      if (!job) throw new Error('There is no job to take.');
      return job;
    },
  };
}
