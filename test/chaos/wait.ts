import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 25;

/** Asks until there is an answer (neither null nor false); rejects after `withinMs` with a sentence that names `what`. */
export async function until<T>(what: string, ask: () => Promise<T | null | false>, withinMs = 60_000): Promise<T> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (performance.now() > giveUpAt) throw new Error(`${what} did not come within ${withinMs / 1000} s.`);
    await delay(lookEveryMs);
  }
}
