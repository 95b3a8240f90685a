import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const change = (body: object) => api.call('POST', '/v1/sale', { body });
const buy = (key: string) => {
  const body = { customer: 'c', location: 'ams' };
  return api.call('POST', '/v1/purchases', { body, headers: { 'idempotency-key': key, 'x-request-id': key } });
};

test('a stopped sale rejects purchases with 503, and only those', async () => {
  const { serverId } = await api.buy();
  expect((await change({ open: false })).body).toMatchObject({ open: false });
  const rejected = await buy('closed');
  expect([rejected.status, rejected.headers.get('retry-after')]).toEqual([503, '60']);
  expect((await api.call('POST', `/v1/servers/${serverId}/rebuild`)).status).toBe(202);
  await change({ open: true });
  expect((await buy('closed')).status).toBe(202);
});

test('the state of the sale has who changed it, when and why; so has the log', async () => {
  const fresh = await startTestApi();
  const never = { open: true, by: null, reason: null, changedAt: null };
  expect((await fresh.call('GET', '/v1/sale', { as: 'storefront' })).body).toEqual(never);
  await fresh.close();

  const before = Date.now();
  const { body: stopped } = await change({ open: false, reason: 'Stock of fra is used up' });
  expect(stopped).toEqual({
    open: false,
    by: 'boss',
    reason: 'Stock of fra is used up',
    changedAt: expect.any(String),
  });
  expect(Date.parse(stopped.changedAt)).toBeGreaterThanOrEqual(before);
  expect((await api.call('GET', '/v1/sale', { as: 'viewer' })).body).toEqual(stopped);
  const logged = { event: 'sale-stopped', by: 'boss', reason: 'Stock of fra is used up', open: false };
  expect(api.surroundings.log).toContainEqual(expect.objectContaining(logged));

  const { body: resumed } = await change({ open: true, reason: null });
  expect(resumed).toMatchObject({ open: true, by: 'boss', reason: null });
  expect(api.surroundings.log).toContainEqual(expect.objectContaining({ event: 'sale-resumed', by: 'boss' }));
});

test('the log says that a purchase was refused because the sale is stopped', async () => {
  await change({ open: false });
  await buy('refused-by-sale');
  await change({ open: true });
  await vi.waitFor(() =>
    expect(api.surroundings.log).toContainEqual(
      expect.objectContaining({ requestId: 'refused-by-sale', problem: 'urn:ghostifi:problem:sale-closed' }),
    ),
  );
});

test('a reason that could not be shown in one line is refused, and the sale stays open', async () => {
  const { status, body } = await change({ open: false, reason: 'a\nb' });
  expect([status, body.errors[0].pointer]).toEqual([422, '/reason']);
  expect((await api.call('GET', '/v1/sale')).body.open).toBe(true);
});
