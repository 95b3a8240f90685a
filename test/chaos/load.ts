import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import { serverOf } from './scenarios/life.ts';
import type { Stage } from './stage.ts';

/** Buys this many at once and returns the servers' ids. Throws where one is not acknowledged. */
export async function buyMany({ shop }: Installation, count: number, location?: string): Promise<string[]> {
  const options = location === undefined ? {} : { location };
  const bought = await Promise.all(Array.from({ length: count }, () => shop.buy(options)));
  return bought.map(serverOf);
}

/** Resolves once all of them run. Where it is given the whole stage, it tells how long each took from its purchase. */
export async function allRun(
  { installation, recovered }: Pick<Stage, 'installation'> & Partial<Stage>,
  ids: readonly string[],
  withinMs = 180_000,
): Promise<void> {
  const servers = await Promise.all(ids.map((id) => installation.shop.until(id, 'running', withinMs)));
  for (const { createdAt, updatedAt } of servers) recovered?.(updatedAt.getTime() - createdAt.getTime());
}

/** One purchase after the other, `everyMs` apart, for as long as `body` takes; resolves with what it did when all of them are answered. */
export async function whileBuying<T>(installation: Installation, everyMs: number, body: () => Promise<T>): Promise<T> {
  const [stop, answers] = [new AbortController(), [] as Promise<unknown>[]];
  const buying = async () => {
    while (!stop.signal.aborted) {
      answers.push(installation.shop.buy());
      await delay(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const loop = buying();
  try {
    return await body();
  } finally {
    stop.abort();
    await loop;
    await Promise.all(answers);
  }
}
