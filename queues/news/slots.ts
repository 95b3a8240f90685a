import { randomUUID } from 'node:crypto';
import type { OpenQueue } from '#queues/bullmq/connection.ts';

/** Limits how many processes together send to one endpoint. */
export interface Slots {
  /** A function that gives the slot back; null: all of them are taken. */
  take(endpointId: string, slots: number): Promise<(() => Promise<void>) | null>;
}

/** Longer than an attempt. The slot of a process that died is free then. */
const heldMs = 25_000;

const releaseOwn = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end`;

/** Slots in Redis. While Redis has just lost its data, twice as many attempts may run for a moment. */
export function createSlots({ queue, redis }: OpenQueue): Slots {
  return {
    take: async (endpointId, slots) => {
      const token = randomUUID();
      for (let n = 0; n < slots; n += 1) {
        const key = queue.toKey(`sending:${endpointId}:${n}`);
        if ((await redis.set(key, token, 'PX', heldMs, 'NX')) === 'OK')
          return async () => void (await redis.eval(releaseOwn, 1, key, token));
      }
      return null;
    },
  };
}
