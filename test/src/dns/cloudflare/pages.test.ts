import { expect, it } from 'vitest';
import { hostname, never, setUp } from './scene.ts';

const addresses = [1, 2, 3, 4, 5].map((n) => `198.18.0.${n}`);

/** The driver at a Cloudflare whose pages have two records or zones, and five records of our name. */
async function setUpWithSmallPages() {
  const scene = await setUp();
  const pages: string[] = [];
  const fetchPage: typeof fetch = (input, options) => {
    const url = new URL(String(input));
    if (url.searchParams.has('per_page')) {
      url.searchParams.set('per_page', '2');
      pages.push(url.searchParams.get('page') ?? '1');
    }
    return fetch(url, options);
  };
  for (const address of addresses) await scene.put('A', address);
  return { ...scene, pages, dns: scene.open({ fetch: fetchPage }) };
}

it('a name is read to its last page', async () => {
  const { dns, pages } = await setUpWithSmallPages();
  expect(await dns.read(hostname, never)).toEqual(addresses);
  expect(pages.slice(-3)).toEqual(['1', '2', '3']);
});

it('addresses on later pages are removed and corrected', async () => {
  const { dns, records } = await setUpWithSmallPages();
  await dns.remove(hostname, ['198.18.0.3', '198.18.0.5'], never);
  expect(await records()).toHaveLength(3);
  await dns.point(hostname, { ipv4: '198.18.0.4', ipv6: null }, never);
  expect(await records()).toEqual([`${hostname} A 198.18.0.4`]);
});
