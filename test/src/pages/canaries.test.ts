import { afterAll, beforeAll, expect, test } from 'vitest';
import { routes } from '#src/http/routes.ts';
import { pages } from '#src/pages/pages.ts';
import { made } from '../../db/conformance/fixture.ts';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { secrets } from '../http/call-and-check.ts';
import { visitor } from './visitor.ts';

let api: TestApi;
let ids: { serverId: string; jobId: string };
let eventId: string;

beforeAll(async () => {
  api = await startTestApi();
  ids = await api.buy({ customer: 'ada@example.com' });
  eventId = (await api.store.readEvents({ serverId: ids.serverId, limit: 1 })).events[0]?.uid ?? '';
  await api.store.settle({ jobId: ids.jobId, outcome: made, attempts: 1, graceSeconds: 0, now: new Date() });
  await api.buy({ customer: 'bob@example.com', reference: 'order-of-bob' });
});
afterAll(() => api.close());

const filled = (path: string) =>
  path
    .replace(/\{id\}|servers\/:id/, (part) => (part === '{id}' ? ids.serverId : `servers/${ids.serverId}`))
    .replace('jobs/:id', `jobs/${ids.jobId}`)
    .replace('events/:id', `events/${eventId}`)
    .replace(/:\w+/, 'none');

/** Everything that looks like a key in the answers of the routes that give keys, what the table keeps, and the tokens. */
async function canaries(): Promise<Set<string>> {
  const found = new Set<string>(Object.values(secrets));
  for (const { path } of routes.filter(({ access, method }) => access === 'vpn:read' && method === 'get')) {
    const { text } = await api.call('GET', filled(path), { as: 'operator' });
    for (const [key] of text.matchAll(/[A-Za-z0-9+/]{43}=/g)) found.add(key);
  }
  const sealed = (await api.store.readServerWithKeys(ids.serverId))?.sealedKeys;
  if (sealed) found.add(sealed);
  return found;
}

test('no page has a secret', async () => {
  const known = await canaries();
  expect(known.size).toBeGreaterThan(6);
  for (const role of ['viewer', 'operator'] as const) {
    const someone = await visitor(api, role);
    for (const { path } of pages) {
      const { text } = await someone.get(filled(path));
      expect(
        [...known].filter((secret) => text.includes(secret)),
        path,
      ).toEqual([]);
    }
  }
});

test('the pages of a server have nothing of another customer', async () => {
  const operator = await visitor(api, 'operator');
  const paths = ['/console/servers/:id', '/console/servers/:id/rebuild', '/console/jobs/:id', '/console/search?q=ada'];
  for (const path of paths) expect((await operator.get(filled(path))).text, path).not.toMatch(/bob/);
});
