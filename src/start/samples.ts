import { setTimeout as delay } from 'node:timers/promises';
import type { Storefront } from './storefront.ts';

const orders = [
  { customer: 'ada@example.com', location: 'ams', reference: 'sample-1' },
  { customer: 'grace@example.com', location: 'ewr', reference: 'sample-2' },
  { customer: 'linus@example.com', location: 'nrt', reference: 'sample-3' },
];
const askEveryMs = 500;
const watchForMs = 120_000;

/** Sells three servers through the API, as a storefront would, and tells how each goes from installing to running. */
export async function sellSamples(shop: Storefront, say: (line: string) => void, stop: AbortSignal): Promise<void> {
  for (const order of orders) {
    const { server } = await shop.buy(order);
    say(`Sold ${server.id} in ${server.location} to ${server.customer}: ${server.status}`);
  }
  const waiting = new Set((await shop.servers(orders.length)).map(({ id }) => id));
  const giveUpAt = performance.now() + watchForMs;
  while (waiting.size > 0 && performance.now() < giveUpAt && !stop.aborted) {
    await delay(askEveryMs, undefined, { signal: stop }).catch(() => undefined);
    for (const id of waiting) {
      const { status, machine } = await shop.server(id);
      if (status === 'installing') continue;
      waiting.delete(id);
      say(`${id} is ${status}${machine ? ` at ${machine.ipv4}` : ''}`);
    }
  }
}
