import { newId } from '#db/ids.ts';
import type { Store } from '#db/store.ts';
import type { WorkerRow } from '#db/worker-table.ts';
import type { WorkerState } from '#db/workers.ts';
import { every } from '#queues/every.ts';
import { answerWithin } from '#queues/within.ts';
import type { Logger } from '#src/log.ts';
import { logFailure } from './background.ts';
import type { WorkerHealth } from './health.ts';

export interface LastWordDeps extends Pick<WorkerRow, 'name' | 'version' | 'slots'> {
  readonly store: Pick<Store, 'recordWorker'>;
  readonly health: Pick<WorkerHealth, 'state'>;
  /** Number of running jobs. */
  readonly active: () => number;
  readonly now: () => Date;
  readonly log: Logger;
}

export interface LastWord {
  /** Records the present state at once. */
  now(): void;
  /** Records that the worker has stopped. Nothing is recorded after that. Resolves within 2 s, also if that fails. */
  stop(): Promise<void>;
}

/** The API shows a worker as silent after 30 s. */
const sayEveryMs = 10_000;
/** Longer than the store waits for a busy database, so that its error arrives first. */
const saidWithinMs = 6_000;
const stopsWithinMs = 2_000;

/**
 * Records at once, and then about every 10 s, what this process says of itself. No job waits for that. Of failures in a
 * row the first one is logged.
 */
export function startLastWord({ store, health, name, version, slots, active, now, log }: LastWordDeps): LastWord {
  const startedAt = now();
  const own = { id: newId('wrk', startedAt), name, version, startedAt, slots };
  const logFirst = logFailure(log, 'worker-not-recorded', 'Recording what this worker says of itself');
  let isFailing = false;
  const record = async (state: WorkerState) => store.recordWorker({ ...own, saidAt: now(), state, active: active() });
  const say = async () => {
    await doneWithin(saidWithinMs, health.state().then(record));
    isFailing = false;
  };
  const failed = (error: unknown) => {
    if (!isFailing) logFirst(error);
    isFailing = true;
  };
  const saying = every(sayEveryMs, say, failed);
  return {
    now: saying.now,
    stop: async () => {
      const stopped = saying.stop().then(() => record('stopped'));
      await doneWithin(stopsWithinMs, stopped).catch((error: unknown) =>
        log.warn(
          { event: 'worker-not-recorded', error: String(error) },
          'Could not record that this worker has stopped; the console shows it as silent',
        ),
      );
    },
  };
}

/** Rejects with the promise's error, or if it takes longer. */
async function doneWithin(ms: number, writing: Promise<void>): Promise<void> {
  const end = await answerWithin(
    ms,
    writing.then(
      () => ({ error: null }),
      (error: unknown) => ({ error }),
    ),
  );
  if (end === null) throw new Error(`The database did not answer within ${ms / 1000} s.`);
  if (end.error !== null) throw end.error;
}
