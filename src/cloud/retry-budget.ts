import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderError } from '#queues/ports/provider.ts';

/** The maximum sum of all pauses of one reading; the caller's deadline is a minute. */
const maxTotalMs = 30_000;
/** The pause after a 429 without Retry-After. */
const defaultPauseMs = 1_000;
const maxPauses = 10;

/** Repeats the call after each 429, once the provider accepts calls again. */
export type RetryBudget = <T>(call: () => Promise<T>) => Promise<T>;

/** A budget for the calls of one reading. Rejects with the 429 after ten pauses, or if they exceed 30 s in all. */
export function createRetryBudget(signal: AbortSignal): RetryBudget {
  let leftMs = maxTotalMs;
  let pauses = 0;
  const pauseFor = (error: unknown): number => {
    if (!(error instanceof ProviderError) || error.fault !== 'rate-limited') throw error;
    const pauseMs = error.retryAfterMs ?? defaultPauseMs;
    leftMs -= pauseMs;
    pauses += 1;
    if (leftMs < 0 || pauses > maxPauses) throw error;
    return pauseMs;
  };
  return async (call) => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        await sleep(pauseFor(error), undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  };
}
