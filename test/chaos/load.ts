import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import { serverOf } from './scenarios/life.ts';
import type { Stage } from './stage.ts';

/** Buys this many servers at once and returns their ids. Throws if a purchase is not acknowledged. */
export async function buyMany({ shop }: Installation, count: number, location?: string): Promise<string[]> {
  const options = location === undefined ? {} : { location };
  const bought = await Promise.all(Array.from({ length: count }, () => shop.buy(options)));
  return bought.map(serverOf);
}

/** Resolves once all of the servers run. If `recovered` is given, records the time from each purchase on. */
export async function allRun(
  { installation, recovered }: Pick<Stage, 'installation'> & Partial<Stage>,
  ids: readonly string[],
  withinMs = 180_000,
): Promise<void> {
  const servers = await Promise.all(ids.map((id) => installation.shop.until(id, 'running', withinMs)));
  for (const { createdAt, updatedAt } of servers) recovered?.(updatedAt.getTime() - createdAt.getTime());
}

/**
 * Buys a server every `everyMs` while `body` runs. Resolves with the result of `body` once all purchases are answered.
 */
export async function whileBuying<T>(installation: Installation, everyMs: number, body: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const answers: Promise<unknown>[] = [];
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
