import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 25;

/** Polls `ask` until it returns neither null nor false. Rejects after `withinMs` with a sentence that begins with `event`. */
export async function until<T>(event: string, ask: () => Promise<T | null | false>, withinMs = 60_000): Promise<T> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (performance.now() > giveUpAt) throw new Error(`${event} did not happen within ${withinMs / 1000} s.`);
    await delay(lookEveryMs);
  }
}
