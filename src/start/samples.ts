import { setTimeout as delay } from 'node:timers/promises';
import type { ShopServer, Storefront } from './storefront.ts';

const orders = [
  { customer: 'ada@example.com', location: 'ams', reference: 'sample-1' },
  { customer: 'grace@example.com', location: 'ewr', reference: 'sample-2' },
  { customer: 'linus@example.com', location: 'nrt', reference: 'sample-3' },
];
const pollEveryMs = 500;
const watchForMs = 120_000;

/** Buys three servers through the API, and prints each change of their status until they run. */
export async function sellSamples(shop: Storefront, say: (line: string) => void, stop: AbortSignal): Promise<void> {
  const waiting = new Set<string>();
  for (const order of orders) {
    const { server } = await shop.buy(order);
    waiting.add(server.id);
    say(`Sold ${server.id} in ${server.location} to ${server.customer}: ${server.status}`);
  }
  const giveUpAt = performance.now() + watchForMs;
  while (waiting.size > 0 && performance.now() < giveUpAt && !stop.aborted) {
    await delay(pollEveryMs, undefined, { signal: stop }).catch(() => undefined);
    const servers = stop.aborted ? [] : await shop.servers(orders.length);
    for (const server of servers.filter(({ status }) => status !== 'installing')) {
      if (waiting.delete(server.id)) say(statusLine(server));
    }
  }
}

function statusLine({ id, status, machine }: ShopServer): string {
  return `${id} is ${status}${machine ? ` at ${machine.ipv4}` : ''}`;
}
