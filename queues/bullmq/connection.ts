import { type Job as BullJob, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Log } from '#queues/ports/log.ts';
import { answerWithin } from '#queues/within.ts';
import { replaceForbiddenInfo } from './hello.ts';
import { writeOncePerTurn } from './one-write.ts';
import { trackOutages } from './outage.ts';
import { trackRedisLife } from './redis-life.ts';
import { type RedisServer, redisOptions } from './redis-server.ts';

/** Every queue of the service. docs/deploy.md gives the user of Redis the rights to the keys of each. */
export const queueNames = ['servers', 'payments', 'news'] as const;
export type QueueName = (typeof queueNames)[number];

export const queueName = 'servers' satisfies QueueName;
export const paymentsQueueName = 'payments' satisfies QueueName;
export const newsQueueName = 'news' satisfies QueueName;

/** Redis holds ids, never facts; the row holds the rest. These are for people who look at Bull Board. */
export interface JobData {
  /** Not given: the job is about something else. */
  readonly serverId?: string;
  /** null: not looked up yet. */
  readonly subscriptionId?: string | null;
  /** Given if the job sends news there. */
  readonly webhookId?: string;
  /** The HTTP request that asked for the job; null: no request did. */
  readonly requestId: string | null;
  /** `release`: by the process that released the job, right after it. `sweep`: later, usually by the sweeper. */
  readonly publishedBy: 'release' | 'sweep';
  /**
   * Identifies the Redis process that the job was published to; null: unknown. After a restart Redis may have older
   * data, in which runs are missing.
   */
  readonly redisLife: string | null;
}

type OwnQueue = Queue<JobData, string>;
export type QueuedJob = BullJob<JobData, string>;

export interface QueueConnection {
  readonly redis: Redis;
  readonly queue: OwnQueue;
  close(): Promise<void>;
}

/** The parts of the connection with which the queue is read and written. */
export type OpenQueue = Pick<QueueConnection, 'queue' | 'redis'>;

/**
 * Opens a connection that waits for Redis without limit, and reconnects within a second once Redis is back. It also
 * reconnects when a write is refused: after a failover the address may lead to another Redis, while the old one, now a
 * replica, keeps its sockets open. BullMQ makes its own connections as copies of this one.
 */
export function connectRedis(server: RedisServer, log: Log): Redis {
  const redis = new Redis(server.url, redisOptions(server));
  trackOutages(redis, log);
  replaceForbiddenInfo(redis);
  trackRedisLife(redis);
  writeOncePerTurn(redis);
  return redis;
}

/** Opens the queue for producers, sweeper and dashboard. Returns at once and connects in the background. */
export function openQueue(server: RedisServer, log: Log): QueueConnection {
  const redis = connectRedis(server, log);
  const queue = openOn(redis, queueName);
  return {
    redis,
    queue,
    close: async () => {
      await answerWithin(1_000, queue.close());
      redis.disconnect();
    },
  };
}

/** Opens the queue of payments on the same connection, which stays open when this is closed. */
export function openPaymentsQueue(connection: Pick<QueueConnection, 'redis'>): QueueConnection {
  return openAlso(connection, paymentsQueueName);
}

/** The same for the queue of news. */
export function openNewsQueue(connection: Pick<QueueConnection, 'redis'>): QueueConnection {
  return openAlso(connection, newsQueueName);
}

function openAlso({ redis }: Pick<QueueConnection, 'redis'>, name: QueueName): QueueConnection {
  const queue = openOn(redis, name);
  return { redis, queue, close: async () => void (await answerWithin(1_000, queue.close())) };
}

function openOn(redis: Redis, name: QueueName): OwnQueue {
  const queue: OwnQueue = new Queue(name, { connection: redis });
  // Connection errors are logged above, and each command rejects with its own error.
  queue.on('error', () => undefined);
  return queue;
}
