import {
  type LastSweep,
  lastNewsSweepSetting,
  lastPaymentsSweepSetting,
  lastSweepSetting,
  type Setting,
} from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import { type QueueName, queueNames } from '#queues/bullmq/connection.ts';
import type { LiveQueue } from '#queues/bullmq/live.ts';
import { redisErrorText } from '#queues/bullmq/redis-error.ts';
import { type Alert, alert } from './alert.ts';

/** The record of the sweeps, which the processes that sweep write and the API reads. */
export interface SweepRecord {
  /** A part of a sweep has reached the queue. */
  succeeded(): Promise<void>;
  failed(error: unknown): Promise<void>;
}

interface RecordDeps {
  readonly queue: QueueName;
  readonly store: Pick<Store, 'readSetting' | 'putSetting'>;
  readonly now: () => Date;
}

/** A sweep follows 3 s after the other. Most successes change nothing, so they are not written. */
const writeEveryMs = 10_000;
const staleAfterMs = 2 * writeEveryMs;

/** The record of the sweeps of one queue. */
export function createSweepRecord({ queue, store, now }: RecordDeps): SweepRecord {
  const { setting } = watched[queue];
  let written: { readonly at: number; readonly error: string | null } | null = null;
  const isWritten = (error: string | null) =>
    written?.error === error && now().getTime() - written.at < writeEveryMs && now().getTime() >= written.at;
  return {
    succeeded: async () => {
      if (isWritten(null)) return;
      await store.putSetting(setting, { succeededAt: now().toISOString(), error: null }, now());
      written = { at: now().getTime(), error: null };
    },
    failed: async (reason) => {
      const error = redisErrorText(reason instanceof Error ? reason.message : reason);
      if (isWritten(error)) return;
      const last = await store.readSetting(setting);
      await store.putSetting(setting, { succeededAt: last?.value.succeededAt ?? null, error }, now());
      written = { at: now().getTime(), error };
    },
  };
}

export interface FailingQueueDeps {
  readonly store: Pick<Store, 'readSetting' | 'readDueDeliveries'>;
  readonly takesPayments?: boolean;
  readonly now: () => Date;
}

/**
 * An alert for each queue that no sweep has reached for 20 s, whatever the cause; the watch raises it after 40 s more. A
 * Redis that does not answer and the absence of workers have alerts of their own.
 */
export async function readFailingQueues(deps: FailingQueueDeps, live: LiveQueue | null): Promise<Alert[]> {
  if (live === null || live.workers === 0) return [];
  const { workers } = live;
  const found = await Promise.all(queueNames.map((queue) => readFailingQueue(deps, queue, workers)));
  return found.filter((one) => one !== null);
}

interface Watched {
  readonly setting: Setting<LastSweep>;
  /** What waits for the queue, for the message. */
  readonly waiting: string;
  /** Whether workers sweep this queue now. */
  isSwept(deps: FailingQueueDeps): boolean | Promise<boolean>;
}

const watched: Readonly<Record<QueueName, Watched>> = {
  servers: {
    setting: lastSweepSetting,
    waiting: 'Purchases are recorded, and run when it does again.',
    isSwept: () => true,
  },
  payments: {
    setting: lastPaymentsSweepSetting,
    waiting: 'Notices of Stripe are recorded, and have their effect when it does again.',
    isSwept: ({ takesPayments }) => takesPayments === true,
  },
  news: {
    setting: lastNewsSweepSetting,
    waiting: 'News is recorded, and sent when it does again.',
    isSwept: async ({ store, now }) => (await store.readDueDeliveries(now())).length > 0,
  },
};

/** `workers` is null if Redis may not be asked for them. */
async function readFailingQueue(
  deps: FailingQueueDeps,
  queue: QueueName,
  workers: number | null,
): Promise<Alert | null> {
  const { store, now } = deps;
  const { setting, waiting, isSwept } = watched[queue];
  const last = await store.readSetting(setting);
  // The first workers have just started.
  if (last === null && workers !== null) return null;
  const { succeededAt, error } = last?.value ?? { succeededAt: null, error: null };
  if (succeededAt !== null && now().getTime() - Date.parse(succeededAt) <= staleAfterMs) return null;
  if (!(await isSwept(deps))) return null;
  const since = succeededAt === null ? '' : ` since ${succeededAt}`;
  const cause = error === null ? 'No worker has recorded why; look whether one runs.' : `The error is: ${error}`;
  const message = `The queue ${queue} has taken nothing from a worker${since}. ${waiting} ${cause}`;
  return alert({ kind: 'queue-failing', subject: queue, message, raisedAt: now() });
}
