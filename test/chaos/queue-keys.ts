import type { Redis } from 'ioredis';
import { queueName } from '#queues/bullmq/connection.ts';
import { keptCompletedJobs, keptFailedJobs } from '#queues/limits.ts';

const prefix = `bull:${queueName}:`;
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
].map((name) => prefix + name);

/** The keys that belong to no listed job and not to BullMQ's bookkeeping. BullMQ lists only its last ended jobs. */
export async function strayKeys(redis: Redis): Promise<string[]> {
  const keys = await redis.keys('*');
  const lists = await Promise.all([
    ...['wait', 'active'].map((name) => redis.lrange(prefix + name, 0, -1)),
    ...['prioritized', 'delayed'].map((name) => redis.zrange(prefix + name, 0, '-1')),
    redis.zrange(`${prefix}completed`, -keptCompletedJobs, '-1'),
    redis.zrange(`${prefix}failed`, -keptFailedJobs, '-1'),
  ]);
  const explained = new Set([
    ...bookkeeping,
    ...lists.flat().flatMap((id) => ['', ':logs', ':lock'].map((end) => prefix + id + end)),
  ]);
  return keys.filter((key) => !explained.has(key));
}
