import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

test('a well-formed x-request-id is returned, and a malformed one is replaced', async () => {
  const idFor = async (given: string) =>
    (await api.call('GET', '/livez', { headers: { 'x-request-id': given } })).headers.get('x-request-id');
  expect(await idFor('shop-77')).toBe('shop-77');
  expect(await idFor('a b')).toMatch(/^[0-9a-f-]{36}$/);
  expect(await idFor('x'.repeat(65))).toMatch(/^[0-9a-f-]{36}$/);
});

describe('the log says why a call was refused', () => {
  const bearer = 'Bearer wrong';
  const order = { customer: 'c-1', location: 'ams' };
  test.each<[string, string, string, object, string | undefined]>([
    ['invalid-body', 'POST', '/v1/purchases', { body: { ...order, customer: '' } }, '/customer'],
    ['invalid-body', 'POST', '/v1/purchases', { body: { location: 'AMS' } }, '/customer'],
    ['invalid-body', 'POST', '/v1/purchases', { body: { ...order, price: 1 } }, '/price'],
    ['malformed', 'POST', '/v1/purchases', { body: '{' }, undefined],
    ['invalid-parameters', 'GET', '/v1/servers?limit=0', {}, '/limit'],
    ['not-found', 'GET', '/v1/servers/none', {}, undefined],
    ['method-not-allowed', 'PUT', '/v1/servers', {}, undefined],
    ['unauthorized', 'GET', '/v1/servers', { as: 'nobody', headers: { authorization: bearer } }, undefined],
    ['forbidden', 'POST', '/v1/sale', { as: 'viewer' }, undefined],
  ])('%s %s %s', async (kind, method, path, options, pointer) => {
    const requestId = `why-${kind}-${Math.random().toString(36).slice(2)}`;
    const { headers = {} } = options as { headers?: Record<string, string> };
    const key = { 'idempotency-key': 'k', 'x-request-id': requestId };
    await api.call(method, path, { ...options, headers: { ...headers, ...key } });
    const lines = () => api.surroundings.log.filter((line) => line.requestId === requestId && 'res' in line);
    await vi.waitFor(() => expect(lines()).toHaveLength(1));
    expect(lines()[0]).toMatchObject({ level: 'warn', problem: `urn:ghostifi:problem:${kind}` });
    expect(lines()[0]?.pointer).toBe(pointer);
  });

  test('invalid-parameters of a missing header', async () => {
    await api.call('POST', '/v1/purchases', { body: order, headers: { 'x-request-id': 'why-header' } });
    await vi.waitFor(() =>
      expect(api.surroundings.log).toContainEqual(
        expect.objectContaining({ requestId: 'why-header', pointer: '/Idempotency-Key' }),
      ),
    );
  });

  test('and not for a call that succeeded', async () => {
    await api.call('GET', '/v1/servers', { headers: { 'x-request-id': 'why-not' } });
    const line = () => api.surroundings.log.find(({ requestId }) => requestId === 'why-not');
    await vi.waitFor(() => expect(line()).toBeDefined());
    expect(line()).not.toHaveProperty('problem');
  });

  test('without a name that may be a secret', async () => {
    const secret = 'gf-0123456789';
    const calls = [
      { path: '/v1/purchases', method: 'POST', body: { ...order, [secret]: 1 } },
      { path: `/v1/servers?${secret}=1`, method: 'GET' },
    ];
    for (const { path, method, ...rest } of calls)
      await api.call(method, path, { ...rest, headers: { 'idempotency-key': 'k', 'x-request-id': 'why-hidden' } });
    const lines = () => api.surroundings.log.filter(({ requestId }) => requestId === 'why-hidden');
    await vi.waitFor(() => expect(lines()).toHaveLength(2));
    expect(lines().map(({ pointer }) => pointer)).toEqual(['/…', '/…']);
    expect(JSON.stringify(lines())).not.toContain(secret);
  });
});
