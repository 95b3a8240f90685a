import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderError } from '#queues/ports/provider.ts';

/** What all pauses of one reading may come to: its caller gives it a minute. */
const longestMs = 30_000;
/** When we are told "too many" without for how long. */
const untoldMs = 1_000;
const mostPauses = 10;

/** Makes a call again as soon as the provider that is told too much takes it. */
export type RetryBudget = <T>(call: () => Promise<T>) => Promise<T>;

/** For the calls of one reading: a 429 in its midst waits as told, until that comes to half a minute; then it rejects. */
export function createRetryBudget(signal: AbortSignal): RetryBudget {
  let leftMs = longestMs;
  let pauses = 0;
  const pauseFor = (error: unknown): number => {
    if (!(error instanceof ProviderError) || error.fault !== 'rate-limited') throw error;
    const pauseMs = error.retryAfterMs ?? untoldMs;
    leftMs -= pauseMs;
    pauses += 1;
    if (leftMs < 0 || pauses > mostPauses) throw error;
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
