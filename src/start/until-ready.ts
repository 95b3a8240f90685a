import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from './start-error.ts';

const readyWithinMs = 60_000;
const pollEveryMs = 100;
const answerWithinMs = 2_000;

/** Resolves when purchases are accepted and jobs run. Throws StartError after a minute, or the signal's reason. */
export async function untilReady(apiUrl: string, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + readyWithinMs;
  while (performance.now() < giveUpAt) {
    signal.throwIfAborted();
    if (await isReady(apiUrl, signal)) return;
    await delay(pollEveryMs);
  }
  throw new StartError(
    `The service was not ready after ${readyWithinMs / 1000} s. Start it with LOG_LEVEL=debug to see the reason.`,
  );
}

async function isReady(apiUrl: string, stop: AbortSignal): Promise<boolean> {
  try {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(answerWithinMs)]);
    const answer = await fetch(`${apiUrl}/readyz`, { signal });
    const state: unknown = await answer.json();
    if (!answer.ok || typeof state !== 'object' || state === null || !('workers' in state)) return false;
    return state.workers === 'ok' || state.workers === 'unknown';
  } catch {
    // Not listening yet.
    return false;
  }
}
