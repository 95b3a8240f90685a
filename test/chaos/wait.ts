import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 25;

/** Polls `ask` until it returns another value than null or false. `event` is a noun phrase for the error message. */
export async function until<T>(event: string, ask: () => Promise<T | null | false>, withinMs = 60_000): Promise<T> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (performance.now() > giveUpAt) throw new Error(`Timed out after ${withinMs / 1000} s waiting for ${event}.`);
    await delay(lookEveryMs);
  }
}
