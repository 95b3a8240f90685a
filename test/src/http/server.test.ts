import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './api-under-test.ts';
import { purchaseText, sendRaw } from './send-raw.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const good = { customer: 'c-1', location: 'ams' };

test('a request that is not HTTP also gets a problem document', async () => {
  const answer = await sendRaw(api, 'GARBAGE\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*application\/problem\+json/);
  const big = await sendRaw(api, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
  expect(big).toMatch(/^HTTP\/1.1 431 [\s\S]*application\/problem\+json/);
});

test('a body with two lengths is rejected', async () => {
  const lines = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];
  expect(await sendRaw(api, purchaseText(lines, JSON.stringify(good)))).toMatch(/^HTTP\/1.1 400 /);
});
