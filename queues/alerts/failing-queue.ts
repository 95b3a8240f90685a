import { lastSweepSetting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
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
  readonly store: Pick<Store, 'readSetting' | 'putSetting'>;
  readonly now: () => Date;
}

/** A sweep follows 3 s after the other. Most successes change nothing, so they are not written. */
const writeEveryMs = 10_000;
const staleAfterMs = 2 * writeEveryMs;

export function createSweepRecord({ store, now }: RecordDeps): SweepRecord {
  let written: { readonly at: number; readonly error: string | null } | null = null;
  const isWritten = (error: string | null) =>
    written?.error === error && now().getTime() - written.at < writeEveryMs && now().getTime() >= written.at;
  return {
    succeeded: async () => {
      if (isWritten(null)) return;
      await store.putSetting(lastSweepSetting, { succeededAt: now().toISOString(), error: null }, now());
      written = { at: now().getTime(), error: null };
    },
    failed: async (reason) => {
      const error = redisErrorText(reason instanceof Error ? reason.message : reason);
      if (isWritten(error)) return;
      const last = await store.readSetting(lastSweepSetting);
      await store.putSetting(lastSweepSetting, { succeededAt: last?.value.succeededAt ?? null, error }, now());
      written = { at: now().getTime(), error };
    },
  };
}

interface ReadDeps {
  readonly store: Pick<Store, 'readSetting'>;
  readonly now: () => Date;
}

/**
 * An alert if no sweep has reached the queue for 20 s, whatever the cause; the watch raises it after 40 s more. A Redis
 * that does not answer and the absence of workers have alerts of their own.
 */
export async function readFailingQueue({ store, now }: ReadDeps, queue: LiveQueue | null): Promise<Alert[]> {
  if (queue === null || queue.workers === 0) return [];
  const last = await store.readSetting(lastSweepSetting);
  // The first workers have just started.
  if (last === null && queue.workers !== null) return [];
  const { succeededAt, error } = last?.value ?? { succeededAt: null, error: null };
  if (succeededAt !== null && now().getTime() - Date.parse(succeededAt) <= staleAfterMs) return [];
  const since = succeededAt === null ? '' : ` since ${succeededAt}`;
  const cause = error === null ? 'No worker has recorded why; look whether one runs.' : `The error is: ${error}`;
  const message = `The queue has taken nothing from a worker${since}. Purchases are recorded, and run when it does again. ${cause}`;
  return [alert({ kind: 'queue-failing', subject: 'servers', message, raisedAt: now() })];
}
