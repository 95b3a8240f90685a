import type { ReleasedJob } from '#db/reads/due.ts';
import { assertNoTransaction } from '#db/transaction-guard.ts';
import { lockDurationMs, stalledIntervalMs } from '#queues/limits.ts';
import type { OpenQueue } from './connection.ts';
import { removeForeignKeys } from './foreign-keys.ts';
import { findLostAmong, type LostJobs } from './liveness.ts';
import { type QueueRows, type RowOfQueue, serverRows } from './queue-rows.ts';
import { readRedisLife } from './redis-life.ts';

/** What the sweep asks of the queue, and does to it. Every call is about many jobs. */
export interface SweepQueue<Row extends RowOfQueue = ReleasedJob> {
  /** How many jobs BullMQ holds that it has not finished, and in which life of Redis; null: unknown. */
  look(): Promise<{ readonly jobs: number; readonly life: string | null }>;
  /**
   * Removes the queue's keys that have another type than BullMQ gives them, or a text where it expects a number, and
   * returns them.
   */
  removeForeignKeys(): Promise<string[]>;
  /** The due jobs that BullMQ would not run in time. */
  findLost(ids: readonly string[]): Promise<LostJobs>;
  /** Adds jobs of which BullMQ holds nothing. One that another process adds first stays as it is. */
  addAbsent(jobs: readonly Row[]): Promise<void>;
  /**
   * Caps the TTL of the locks of running jobs, of these, and of BullMQ's stalled check. Live workers renew theirs. Rejects
   * if Redis refuses the write.
   */
  endLocks(ids: readonly string[]): Promise<void>;
}

const openStates = ['wait', 'active', 'prioritized', 'delayed'] as const;

/** The queue of the servers' jobs. */
export function createSweepQueue(open: OpenQueue, now: () => Date): SweepQueue {
  return createSweepQueueOf(serverRows, open, now);
}

/** The queue that holds these rows. */
export function createSweepQueueOf<Row extends RowOfQueue>(
  rows: QueueRows<Row>,
  { queue, redis }: OpenQueue,
  now: () => Date,
): SweepQueue<Row> {
  return {
    look: async () => {
      const counts = await queue.getJobCounts(...openStates);
      return { jobs: Object.values(counts).reduce((sum, count) => sum + count, 0), life: await readRedisLife(redis) };
    },
    removeForeignKeys: () => removeForeignKeys({ queue, redis }),
    findLost: (ids) => findLostAmong({ queue, redis }, ids, now()),
    addAbsent: async (jobs) => {
      assertNoTransaction('call to Redis');
      await queue.addBulk(
        jobs.map((job) => {
          const { kind, requestId } = job;
          const data = { ...rows.subjectOf(job), requestId, publishedBy: 'sweep' as const, redisLife: null };
          return { name: kind, data, opts: rows.optionsFor(job, 0) };
        }),
      );
    },
    endLocks: async (ids) => {
      const running = await redis.lrange(queue.toKey('active'), 0, -1);
      const pipeline = redis.pipeline();
      // LT also sets a TTL on a key that has none.
      for (const id of new Set([...running, ...ids])) pipeline.pexpire(`${queue.toKey(id)}:lock`, lockDurationMs, 'LT');
      const answers = await pipeline.pexpire(queue.toKey('stalled-check'), stalledIntervalMs, 'LT').exec();
      const [refusal] = (answers ?? []).flatMap(([error]) => error ?? []);
      if (refusal) throw refusal;
    },
  };
}
