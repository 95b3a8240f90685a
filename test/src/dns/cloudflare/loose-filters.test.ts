import { expect, it } from 'vitest';
import { faultOf, hostname, never, setUp } from './scene.ts';

/** A fetch that changes the query of each listing. */
const changing =
  (change: (query: URLSearchParams) => void): typeof fetch =>
  (input, options) => {
    const url = new URL(String(input));
    if ((options?.method ?? 'GET') === 'GET') change(url.searchParams);
    return fetch(url, options);
  };

const others = [`www.example.com A 198.18.0.2`, `x.${hostname} A 198.18.0.2`, `${hostname} TXT 198.18.0.2`];

/** The driver at a Cloudflare that lists all records of the zone, whatever name is asked for. */
async function setUpWithoutExactMatch() {
  const scene = await setUp();
  for (const other of others) {
    const [name, type = '', content = ''] = other.split(' ');
    await scene.put(type, content, name);
  }
  return { ...scene, dns: scene.open({ fetch: changing((query) => query.delete('name.exact')) }) };
}

it('a name is read without the records of others that a listing shows too', async () => {
  const { dns, put } = await setUpWithoutExactMatch();
  expect(await dns.read(hostname, never)).toEqual([]);
  await put('A', '198.18.0.3');
  expect(await dns.read(hostname, never)).toEqual(['198.18.0.3']);
});

it('no change of a name touches the records of others that a listing shows too', async () => {
  const { dns, records } = await setUpWithoutExactMatch();
  await dns.point(hostname, { ipv4: '198.18.0.3', ipv6: null }, never);
  expect(await records()).toEqual([...others, `${hostname} A 198.18.0.3`]);
  await dns.remove(hostname, ['198.18.0.2', '198.18.0.3'], never);
  await dns.clear(hostname, ['198.18.0.2'], never);
  expect(await records()).toEqual(others);
});

it('a zone of another name that a listing shows is not taken', async () => {
  const { open, records } = await setUp();
  const dns = open({ fetch: changing((query) => query.has('name') && query.set('name', 'other.org')) });
  expect(await faultOf(dns.point(hostname, { ipv4: '198.18.0.3', ipv6: null }, never))).toBe('no-zone');
  expect(await records()).toEqual([]);
});
