import { setTimeout as delay } from 'node:timers/promises';
import { type FillableOrder, fillableOrder } from '#src/cloud/fillable-order.ts';
import type { Storefront } from './storefront.ts';

const pollEveryMs = 200;

/**
 * An order that the configured cloud can fill now. null: it has none, or no worker has read its catalogue within
 * `withinMs`, for example because of a wrong key.
 */
export async function readFirstOrder(
  shop: Pick<Storefront, 'plans'>,
  stop: AbortSignal,
  withinMs = 10_000,
): Promise<FillableOrder | null> {
  const giveUpAt = performance.now() + withinMs;
  while (performance.now() < giveUpAt && !stop.aborted) {
    // The API answers 503 until a worker has read the catalogue. A crash is reported elsewhere.
    const plans = await shop.plans().catch(() => null);
    if (plans) return fillableOrder(plans);
    await delay(pollEveryMs, undefined, { signal: stop }).catch(() => undefined);
  }
  return null;
}
