import { Worker } from 'bullmq';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { lookOfNotice } from '#db/reads/due-looks.ts';
import { type JobData, openPaymentsQueue, openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createPublisherOf } from '#queues/bullmq/publisher.ts';
import { paymentRows } from '#queues/bullmq/queue-rows.ts';
import { createIngest, publishLook } from '#queues/payments/ingest.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { quiet } from '../../world.ts';

let redis: TestRedis;
let connection: QueueConnection;
let own: QueueConnection;
let hand: Worker<JobData, string>;
beforeAll(async () => {
  redis = await startTestRedis();
  connection = openQueue(redis, quiet);
  own = openPaymentsQueue(connection);
  hand = new Worker(own.queue.name, null, { connection: own.redis, autorun: false });
});
afterAll(async () => {
  await hand.close();
  await own.close();
  await connection.close();
  await redis.stop();
});

const now = () => new Date();
const depsOf = () => ({
  publisher: createPublisherOf(paymentRows, own, now),
  isRedisReady: () => true,
  log: quiet,
});
const noticeAt = (receivedAt: Date, id = 'poll_sub_1') => {
  const given = { id, form: 'poll', type: 'listed', objectId: 'sub_1', subscriptionId: 'sub_1' } as const;
  const open = { state: 'received', reason: null, attempts: 0, cause: 'evt-1' } as const;
  return { ...given, ...open, livemode: false, createdAt: receivedAt, receivedAt };
};
const untilWaiting = (id: string) =>
  vi.waitFor(async () => expect(await own.queue.getJobState(id)).toBe('waiting'), { timeout: 10_000 });

test('a look that is asked for again is published again at once, after the first one is done', async () => {
  for (let times = 0; times < 2; times++) {
    publishLook(depsOf(), lookOfNotice(noticeAt(now())));
    await untilWaiting('poll_sub_1');
    const job = await hand.getNextJob('token', { block: false });
    expect(job?.id).toBe('poll_sub_1');
    await job?.moveToCompleted('not-ours', 'token', false);
  }
});

test('a notice that is new is published as new', async () => {
  const notice = noticeAt(now(), 'evt_1');
  const ingest = createIngest({ ...depsOf(), store: { recordNotices: async () => [notice] }, now });
  expect(await ingest([notice])).toBe(1);
  await untilWaiting('evt_1');
  expect((await own.queue.getJob('evt_1'))?.data).toMatchObject({ publishedBy: 'release', subscriptionId: 'sub_1' });
});
