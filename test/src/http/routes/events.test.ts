import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

interface Shown {
  readonly id: string;
  readonly type: string;
  readonly sequence: number;
}

const typesOf = (items: readonly Shown[]) => items.map(({ type }) => type);
const tuesday = new Date('2026-11-24T12:00:00Z');

async function runningSince(now: Date, ipv4: string): Promise<{ serverId: string; jobId: string }> {
  const bought = await api.buy({ customer: `customer of ${ipv4}` });
  const machine = { providerId: `vps-${bought.jobId}`, account: 'acc', ipv4, ipv6: '2001:db8::7' };
  const outcome = { end: 'made', machine } as const;
  await api.store.settle({ jobId: bought.jobId, outcome, attempts: 1, graceSeconds: 0, now });
  return bought;
}

test('events are listed newest first, page after page, and found by server, type, actor and time', async () => {
  const { serverId } = await runningSince(new Date(), '192.0.2.1');
  const seen: Shown[] = [];
  let cursor = '';
  do {
    const { body } = await api.call('GET', `/v1/events?server=${serverId}&limit=1${cursor}`);
    seen.push(...body.items);
    cursor = body.nextCursor && `&cursor=${body.nextCursor}`;
  } while (cursor);
  expect(typesOf(seen)).toEqual(['server.ready', 'server.create_started', 'server.purchased']);
  expect(seen.map(({ sequence }) => sequence)).toEqual(seen.map(({ sequence }) => sequence).toSorted((a, b) => b - a));
  const listed = async (query: string) => typesOf((await api.call('GET', `/v1/events?${query}`)).body.items);
  expect(await listed('type=server.ready')).toEqual(['server.ready']);
  expect(await listed(`server=${serverId}&actor=key:shop`)).toEqual(['server.purchased']);
  expect(await listed('since=2999-01-01T00:00:00%2B01:00')).toEqual([]);
  expect((await listed('since=2020-01-01T00:00:00Z')).length).toBeGreaterThanOrEqual(3);
});

test.each([
  'actor=Shop!',
  'type=server.exploded',
  'since=Tuesday',
  'since=2026-11-24',
  `cursor=${Buffer.from('servers:9').toString('base64url')}`,
  `cursor=${Buffer.from('events:x').toString('base64url')}`,
])('the query %s is refused', async (query) => {
  expect((await api.call('GET', `/v1/events?${query}`)).status).toBe(400);
});

test('an event is shown with its causes, and an unknown one is not found', async () => {
  const { serverId } = await runningSince(new Date(), '192.0.2.2');
  const [ready, , purchased] = (await api.call('GET', `/v1/events?server=${serverId}`)).body.items;
  const { body } = await api.call('GET', `/v1/events/${ready.id}`);
  expect(body).toEqual({ ...ready, causes: [purchased] });
  expect(purchased).toMatchObject({ actor: 'key:shop', cause: null });
  expect((await api.call('GET', '/v1/events/evt-none')).status).toBe(404);
});

test('an event of a newer version is shown, although its type is unknown here', async () => {
  await api.store.recordEvent({ type: 'sun.rose' as never, actor: 'worker', at: new Date(), detail: {} });
  expect((await api.call('GET', '/v1/events?limit=1')).body.items).toMatchObject([{ type: 'sun.rose' }]);
});

test('who had an address on a Tuesday is answered, with the caller who bought the server', async () => {
  const earlier = await runningSince(tuesday, '203.0.113.7');
  const removed = { end: 'removed' } as const;
  const destroy = (await api.call('DELETE', `/v1/servers/${earlier.serverId}`)).body.job.id;
  await api.store.settle({ jobId: destroy, outcome: removed, attempts: 1, graceSeconds: 0, now: new Date() });
  const later = await runningSince(new Date(), '203.0.113.7');
  const found = async (query: string) =>
    (await api.call('GET', `/v1/machines?${query}`)).body.items.map(({ serverId }: { serverId: string }) => serverId);
  expect(await found('address=203.0.113.7')).toEqual([later.serverId, earlier.serverId]);
  expect(await found('address=203.0.113.7&at=2999-01-01T00:00:00Z')).toEqual([later.serverId]);
  expect(await found('address=2001:0DB8:0::7')).toEqual(expect.arrayContaining([later.serverId, earlier.serverId]));
  expect(await found('address=203.0.113.8')).toEqual([]);
  const { items } = (await api.call('GET', `/v1/machines?address=203.0.113.7`)).body;
  expect(items[1]).toMatchObject({ customer: 'customer of 203.0.113.7', goneAt: expect.any(String) });
  const history = (await api.call('GET', `/v1/servers/${earlier.serverId}/history`)).body.items;
  const machine = { name: `gf-${earlier.serverId}-1`, ipv4: '203.0.113.7', ipv6: '2001:db8::7', location: 'ams' };
  expect(history.map(({ event, actor }: { event: string; actor: string }) => [event, actor])).toEqual([
    ['purchased', 'key:shop'],
    ['started', 'policy'],
    ['succeeded', 'worker'],
    ['requested', 'key:boss'],
    ['started', 'policy'],
    ['succeeded', 'worker'],
  ]);
  expect(history[2]).toMatchObject({ at: tuesday.toISOString(), detail: { machines: [machine] } });
  expect(history[5].detail.machines).toEqual([{ id: expect.stringMatching(/^mac-/), ...machine }]);
});

test.each(['', 'address=somewhere', 'address=203.0.113.256', 'address=203.0.113.7&at=Tuesday'])(
  'the search for machines by %j is refused',
  async (query) => {
    expect((await api.call('GET', `/v1/machines?${query}`)).status).toBe(400);
  },
);
