import { expect, test } from 'vitest';
import { openQueue } from '#queues/bullmq/connection.ts';
import { startTestRedis } from '../redis.ts';
import { quiet } from '../world.ts';
import { strayKeys } from './queue-keys.ts';

test('only keys without a job are stray', async () => {
  const server = await startTestRedis();
  const { queue, redis, close } = openQueue(server, quiet);
  const data = { serverId: 'srv-1', requestId: null, publishedBy: 'sweep', redisLife: null } as const;
  const job = await queue.add('create', data, { jobId: 'job-1' });
  await queue.add('create', data, { jobId: 'job-2', delay: 60_000 });
  await job.log('Ordered.');
  await redis.set('bull:payments:meta', '');
  await redis.zadd('bull:news:delayed', 1, 'dlv-1');
  await redis.hset('bull:news:dlv-1', 'data', '{}');
  expect(await strayKeys(redis)).toEqual([]);
  await redis.lrem(queue.toKey('wait'), 0, 'job-1');
  expect((await strayKeys(redis)).toSorted()).toEqual(['bull:servers:job-1', 'bull:servers:job-1:logs']);
  await close();
  await server.stop();
});
