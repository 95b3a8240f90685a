import { type Job as BullJob, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { JobKind } from '#db/model.ts';
import type { Log } from '#queues/ports/log.ts';
import { answerWithin } from '#queues/within.ts';

export const queueName = 'servers';

/** Redis holds ids, never facts: the row says everything else. Kept for people who look at Bull Board. */
export interface JobData {
  readonly serverId: string;
  /** The HTTP request that asked for it; null: none did. */
  readonly requestId: string | null;
  /** What published it: the one who released the job, right after; or anybody later, most often the sweeper. */
  readonly publishedBy: 'release' | 'sweep';
  /** The life of Redis in which it was published: one that comes back older than it was has forgotten what has run since. */
  readonly redisLife: string | null;
}

export type ServersQueue = Queue<JobData, string, JobKind>;
export type QueuedJob = BullJob<JobData, string, JobKind>;

export interface QueueConnection {
  readonly redis: Redis;
  readonly queue: ServersQueue;
  close(): Promise<void>;
}

const reconnectMs = 500;
const lifeAnswerMs = 2_000;

/**
 * A connection that waits for Redis as long as it takes and comes back within a second of it. After a failover the address
 * may lead elsewhere while the old Redis, now a replica, keeps its sockets open: one that refuses a write is left. BullMQ
 * makes its own connections as copies of this one.
 */
export function connectRedis(url: string, log: Log): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    connectTimeout: 5_000,
    retryStrategy: () => reconnectMs * (0.5 + Math.random()),
    reconnectOnError: ({ message }) => message.includes('READONLY'),
  });
  let lost = false;
  redis.on('error', (error) => {
    if (!lost)
      log.warn({ error: error.message || String(error) }, 'Redis is unreachable; trying again until it is back');
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) log.info({}, 'Redis is back');
    lost = false;
  });
  return redis;
}

/** Names the life of the Redis process that answers, by what it draws at its start; null: it does not tell (in time). */
export async function redisLifeOf(redis: Redis): Promise<string | null> {
  const asked = redis.info('server').then((info) => /^run_id:(\w+)/m.exec(info)?.[1] ?? null);
  return answerWithin(lifeAnswerMs, asked);
}

/** The queue as producers, sweeper and dashboard use it. Needs no Redis to be made: it connects in the background. */
export function openQueue(url: string, log: Log): QueueConnection {
  const redis = connectRedis(url, log);
  const queue: ServersQueue = new Queue(queueName, { connection: redis });
  // Connection errors are told once, above; what a command met is told to the one who sent it.
  queue.on('error', () => undefined);
  return {
    redis,
    queue,
    close: async () => {
      await answerWithin(1_000, queue.close());
      redis.disconnect();
    },
  };
}
