import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import { serverOf } from './scenarios/life.ts';

/** Buys this many at once and returns the servers' ids. Throws where one is not acknowledged. */
export async function buyMany({ shop }: Installation, count: number): Promise<string[]> {
  const bought = await Promise.all(Array.from({ length: count }, () => shop.buy()));
  return bought.map(serverOf);
}

export async function allRun({ shop }: Installation, ids: readonly string[], withinMs?: number): Promise<void> {
  await Promise.all(ids.map((id) => shop.until(id, 'running', withinMs)));
}

/** One purchase after the other, `everyMs` apart, for as long as `body` takes; resolves when all of them are answered. */
export async function whileBuying(
  installation: Installation,
  everyMs: number,
  body: () => Promise<void>,
): Promise<void> {
  const [stop, answers] = [new AbortController(), [] as Promise<unknown>[]];
  const buying = async () => {
    while (!stop.signal.aborted) {
      answers.push(installation.shop.buy());
      await delay(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const loop = buying();
  try {
    await body();
  } finally {
    stop.abort();
    await loop;
    await Promise.all(answers);
  }
}
