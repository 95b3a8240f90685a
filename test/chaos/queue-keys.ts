import type { Redis } from 'ioredis';
import { newsQueueName, paymentsQueueName, queueName } from '#queues/bullmq/connection.ts';
import { keptCompletedJobs, keptFailedJobs } from '#queues/limits.ts';

const queues = [queueName, paymentsQueueName, newsQueueName];
/** The keys that BullMQ keeps once for each queue, for any number of jobs. */
const bookkeeping = [
  'wait',
  'active',
  'prioritized',
  'delayed',
  'completed',
  'failed',
  'paused',
  'waiting-children',
  'id',
  'pc',
  'meta',
  'marker',
  'events',
  'stalled',
  'stalled-check',
  'repeat',
  'limiter',
  'metrics:completed',
  'metrics:completed:data',
  'metrics:failed',
  'metrics:failed:data',
];

/** The keys that belong to no listed job and not to BullMQ's bookkeeping. BullMQ lists only its last ended jobs. */
export async function strayKeys(redis: Redis): Promise<string[]> {
  const keys = await redis.keys('*');
  const explained = new Set((await Promise.all(queues.map((name) => keysOf(redis, name)))).flat());
  return keys.filter((key) => !explained.has(key));
}

/** The keys of a queue and of the jobs that it lists. */
async function keysOf(redis: Redis, queue: string): Promise<string[]> {
  const prefix = `bull:${queue}:`;
  const lists = await Promise.all([
    ...['wait', 'active'].map((name) => redis.lrange(prefix + name, 0, -1)),
    ...['prioritized', 'delayed'].map((name) => redis.zrange(prefix + name, 0, '-1')),
    redis.zrange(`${prefix}completed`, -keptCompletedJobs, '-1'),
    redis.zrange(`${prefix}failed`, -keptFailedJobs, '-1'),
  ]);
  const ofJobs = lists.flat().flatMap((id) => ['', ':logs', ':lock'].map((end) => id + end));
  return [...bookkeeping, ...ofJobs].map((name) => prefix + name);
}
