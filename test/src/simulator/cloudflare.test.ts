import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { setUp } from '../dns/cloudflare/scene.ts';
import { rawClient } from './raw-client.ts';
import { runSimulator } from './running-simulator.ts';

const record = { type: 'A', name: 'a.example.com', content: '203.0.113.1', ttl: 120, proxied: false };

it('makes a second record of a name by another POST, and refuses the same record twice', async () => {
  const { raw, zonePath, records } = await setUp();
  await raw('POST', zonePath, record);
  expect(await raw('POST', zonePath, record)).toMatchObject({
    status: 400,
    body: { success: false, result: null, errors: [{ code: 81058 }] },
  });
  expect((await raw('POST', zonePath, { ...record, content: '203.0.113.2' })).status).toBe(200);
  expect(await records()).toEqual(['a.example.com A 203.0.113.1', 'a.example.com A 203.0.113.2']);
});

it('replaces a record by PUT, changes a part of it by PATCH, and reports a missing one', async () => {
  const { raw, zonePath } = await setUp();
  const { id } = (await raw('POST', zonePath, { ...record, comment: 'ours' })).body.result;
  const patched = await raw('PATCH', `${zonePath}/${id}`, { content: '203.0.113.2' });
  expect(patched.body.result).toMatchObject({ content: '203.0.113.2', ttl: 120, comment: 'ours' });
  const put = await raw('PUT', `${zonePath}/${id}`, { type: 'A', name: record.name, content: '203.0.113.3' });
  expect(put.body.result).toMatchObject({ content: '203.0.113.3', ttl: 1 });
  expect(put.body.result.comment).toBeUndefined();
  expect((await raw('DELETE', `${zonePath}/${id}`)).body).toEqual({ result: { id } });
  for (const method of ['DELETE', 'PUT', 'PATCH'])
    expect(await raw(method, `${zonePath}/${id}`, record)).toMatchObject({
      status: 404,
      body: { errors: [{ code: 81044 }] },
    });
  expect(await raw('GET', '/zones/none/dns_records')).toMatchObject({
    status: 404,
    body: { errors: [{ code: 7003 }] },
  });
});

it.each([
  [{ ...record, ttl: 30 }],
  [{ ...record, content: '203.0.113' }],
  [{ ...record, type: 'AAAA' }],
  [{ ...record, name: 'a.example.org' }],
  [{ ...record, flavour: 'vanilla' }],
])('refuses the record %j', async (body) => {
  const { raw, zonePath, records } = await setUp();
  expect((await raw('POST', zonePath, body)).status).toBe(400);
  expect(await records()).toEqual([]);
});

it('lists by name, type and content, in pages', async () => {
  const { raw, zonePath, put } = await setUp();
  await put('A', '203.0.113.1', 'a.example.com');
  await put('AAAA', '2001:DB8:0::1', 'a.example.com');
  await put('A', '203.0.113.1', 'b.example.com');
  const count = async (query: string) => (await raw('GET', `${zonePath}?${query}`)).body.result_info;
  expect(await count('name=a.example.com')).toMatchObject({ count: 2, total_count: 2 });
  expect(await count('name.exact=A.example.com&type=A')).toMatchObject({ count: 1 });
  expect(await count('content=2001:db8::1')).toMatchObject({ count: 1 });
  expect(await count('per_page=2&page=2')).toMatchObject({ page: 2, per_page: 2, count: 1, total_count: 3 });
  expect((await raw('GET', `${zonePath}?per_page=0`)).status).toBe(400);
});

it('keeps records over a restart, and shows them on its page', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'simulator-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const dataFile = path.join(folder, 'simulator.json');
  const first = await runSimulator({ dataFile });
  const raw = rawClient(first.apiUrl('cloudflare'));
  const { body } = await raw('GET', '/zones?name=example.com');
  await raw('POST', `/zones/${body.result[0].id}/dns_records`, record);
  await first.close();
  const second = await runSimulator({ dataFile });
  expect((await second.control('GET', '/records')).body).toMatchObject({ records: [record] });
  expect(await (await fetch(second.url)).text()).toContain('a.example.com');
  await second.control('POST', '/reset');
  expect((await second.control('GET', '/records')).body).toEqual({ records: [] });
});

it('requires a key, and reports its faults in its envelope', async () => {
  const { raw } = await setUp();
  const { status, body } = await raw('GET', '/zones', undefined, { authorization: 'Bearer wrong' });
  expect([status, body.success, body.errors[0].message]).toEqual([403, false, 'Invalid access token']);
});
