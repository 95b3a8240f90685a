import { setTimeout as delay } from 'node:timers/promises';
import { CommitUnknownError, DatabaseBusyError, DatabaseFullError } from '#db/errors.ts';
import { isFull, isPassing, unwrapped } from './errors.ts';

interface Retried {
  readonly name: string;
  /** For all attempts. */
  readonly leftMs: number;
  /** Whether an attempt may have been recorded although it failed. Not given: it records nothing. */
  readonly isUnknown?: () => boolean;
}

/** Runs it once or more. */
type Attempt<R> = (leftMs: number) => Promise<R>;

const longestPauseMs = 200;

/** Tries again while the error may pass. `attempt` gets the time that is left. */
export async function retryWhilePassing<R>(retried: Retried, attempt: Attempt<R>): Promise<R> {
  const giveUpAt = performance.now() + retried.leftMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await attempt(giveUpAt - performance.now());
    } catch (thrown) {
      const error = unwrapped(thrown);
      if (!isFull(error) && !isPassing(error)) throw error;
      if (isFull(error) || performance.now() >= giveUpAt) throw lastError(retried, error);
    }
    await delay(pauseMs * (0.5 + Math.random()));
  }
}

function lastError({ name, isUnknown }: Retried, error: unknown): DatabaseBusyError {
  if (isUnknown?.()) return new CommitUnknownError(name, error);
  return isFull(error) ? new DatabaseFullError(name, error) : new DatabaseBusyError(name, error);
}

/** The attempts after a first one that has failed; undefined: none has. */
export function afterFailure<R>(failure: unknown, attempt: Attempt<R>): Attempt<R> {
  let earlier = failure;
  return async (leftMs) => {
    if (earlier === undefined) return attempt(leftMs);
    const error = earlier;
    earlier = undefined;
    throw error;
  };
}
