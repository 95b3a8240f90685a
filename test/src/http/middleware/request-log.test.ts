import { afterAll, beforeAll, expect, test } from 'vitest';
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
