import { afterAll, beforeAll, expect, test } from 'vitest';
import { newsTypes } from '#db/news.ts';
import { openSecret } from '#src/webhooks/secrets.ts';
import { webhookSealer } from '../../../secrets-key.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const url = 'https://8.8.8.8/hook';
const add = async (body: object = {}) => (await api.call('POST', '/v1/webhooks', { body: { url, ...body } })).body;
const deliveriesOf = async (id: string) => (await api.call('GET', `/v1/webhooks/${id}/deliveries`)).body.items;

test('a webhook is added with its secret, which is shown once and stored sealed', async () => {
  const { status, body } = await api.call('POST', '/v1/webhooks', { body: { url } });
  expect(status).toBe(201);
  const { webhook, secret } = body;
  expect(webhook).toEqual({
    id: expect.stringMatching(/^hook-[0-9a-z]{18}$/),
    url,
    types: [...newsTypes],
    state: 'on',
    offReason: null,
    failures: 0,
    failingSince: null,
    nextProbeAt: null,
    oldSecretUntil: null,
    createdBy: 'key:boss',
    createdAt: expect.any(String),
  });
  const shown = await api.call('GET', `/v1/webhooks/${webhook.id}`);
  expect(shown.body).toEqual(webhook);
  expect(shown.text).not.toContain('whsec_');
  expect((await api.call('GET', '/v1/webhooks')).body.items).toContainEqual(webhook);
  const row = await api.store.readEndpoint(webhook.id);
  expect(openSecret(webhookSealer, webhook.id, row?.secretSealed ?? '')).toBe(secret);
  expect(JSON.stringify(api.surroundings.log)).not.toContain(secret.slice(6));
});

test.each([
  'http://8.8.8.8/hook',
  'https://127.0.0.1/',
  'https://[::ffff:127.0.0.1]/',
  'https://169.254.169.254/latest/meta-data/',
  'https://localhost/',
])('the address %s is refused', async (refused) => {
  const { status, body } = await api.call('POST', '/v1/webhooks', { body: { url: refused } });
  expect([status, body.type]).toEqual([422, 'urn:ghostifi:problem:address-refused']);
  const { webhook } = await add();
  const patched = await api.call('PATCH', `/v1/webhooks/${webhook.id}`, { body: { url: refused } });
  expect(patched.status).toBe(422);
});

test.each([
  [{ url: 'ftp://shop.test/' }, '/url'],
  [{ url: 'https://user:password@8.8.8.8/' }, '/url'],
  [{ url: 'https://8.8.8.8/#part' }, '/url'],
  [{ url, types: [] }, '/types'],
  [{ url, types: ['server.ready', 'server.ready'] }, '/types'],
  [{ url, types: ['server.started'] }, '/types/0'],
])('the webhook %j is refused, with its fault', async (body, pointer) => {
  const { status, body: problem } = await api.call('POST', '/v1/webhooks', { body });
  expect([status, problem.errors?.[0]?.pointer]).toEqual([422, pointer]);
});

test('a webhook is changed, switched off and on, and deleted', async () => {
  const { webhook } = await add();
  const path = `/v1/webhooks/${webhook.id}`;
  const types = ['server.ready'];
  expect((await api.call('PATCH', path, { body: { types } })).body).toEqual({ ...webhook, types });
  const off = { ...webhook, types, state: 'off', offReason: 'operator' };
  expect((await api.call('PATCH', path, { body: { state: 'off' } })).body).toEqual(off);
  for (const act of ['test', 'replay']) {
    const body = act === 'replay' ? { since: new Date().toISOString() } : undefined;
    const { status, body: problem } = await api.call('POST', `${path}/${act}`, { ...(body && { body }) });
    expect([status, problem.detail]).toEqual([409, expect.stringContaining('is off')]);
  }
  expect((await api.call('PATCH', path, { body: { state: 'on' } })).body).toEqual({ ...webhook, types });
  expect((await api.call('PATCH', path, { body: {} })).status).toBe(422);
  expect((await api.call('DELETE', path)).status).toBe(204);
  expect((await api.call('GET', path)).status).toBe(404);
  expect((await api.call('GET', `${path}/deliveries`)).status).toBe(404);
});

test('a test is a delivery of this webhook, which can be sent again', async () => {
  const { webhook } = await add({ types: ['payment.received'] });
  const { status, body } = await api.call('POST', `/v1/webhooks/${webhook.id}/test`);
  expect(status).toBe(202);
  const [delivery] = await deliveriesOf(webhook.id);
  expect(delivery).toEqual({
    id: expect.stringMatching(/^dlv-/),
    webhookId: webhook.id,
    eventId: body.eventId,
    type: 'webhook.test',
    state: 'waiting',
    attempts: 0,
    nextAttemptAt: expect.any(String),
    lastStatus: null,
    lastError: null,
    createdAt: expect.any(String),
    deliveredAt: null,
  });
  const again = await api.call('POST', `/v1/deliveries/${delivery.id}/retry`);
  expect([again.status, again.body]).toMatchObject([202, { id: delivery.id, state: 'waiting' }]);
  expect((await api.call('POST', '/v1/deliveries/dlv-none/retry')).status).toBe(404);
});

test('a rotation gives a new secret, and the old one signs for the hours that were asked for', async () => {
  const { webhook, secret } = await add();
  const { body } = await api.call('POST', `/v1/webhooks/${webhook.id}/rotate`, { body: { overlapHours: 2 } });
  expect(body.secret).not.toBe(secret);
  const until = Date.parse(body.webhook.oldSecretUntil) - Date.now();
  expect(until).toBeGreaterThan(1.9 * 3_600_000);
  expect(until).toBeLessThanOrEqual(2 * 3_600_000);
  const tooLong = await api.call('POST', `/v1/webhooks/${webhook.id}/rotate`, { body: { overlapHours: 169 } });
  expect(tooLong.status).toBe(422);
});

test('a replay answers with the number of messages, and reaches back 30 days', async () => {
  const { webhook } = await add({ types: ['server.purchased'] });
  const path = `/v1/webhooks/${webhook.id}`;
  await api.call('PATCH', path, { body: { state: 'off' } });
  const since = new Date().toISOString();
  await api.buy();
  await api.buy();
  await api.call('PATCH', path, { body: { state: 'on' } });
  const replayed = await api.call('POST', `${path}/replay`, { body: { since } });
  expect([replayed.status, replayed.body]).toEqual([202, { messages: 2 }]);
  expect(await deliveriesOf(webhook.id)).toHaveLength(2);
  const long = new Date(Date.now() - 31 * 86_400_000).toISOString();
  expect((await api.call('POST', `${path}/replay`, { body: { since: long } })).status).toBe(422);
});

test('the deliveries come in pages, newest first', async () => {
  const { webhook } = await add({ types: ['server.purchased'] });
  for (let n = 0; n < 3; n += 1) await api.buy();
  const path = `/v1/webhooks/${webhook.id}/deliveries?limit=2`;
  const first = (await api.call('GET', path)).body;
  const second = (await api.call('GET', `${path}&cursor=${first.nextCursor}`)).body;
  const ids = [...first.items, ...second.items].map(({ id }) => id);
  expect(ids).toHaveLength(3);
  expect(ids).toEqual(ids.toSorted().reverse());
  expect(second.nextCursor).toBeNull();
});
