import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';
import { purchaseText, sendPurchase, sendRaw, storedRows } from '../send-raw.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const good = { customer: 'c-1', location: 'ams' };

describe('a purchase with the header', () => {
  test.each<[string, Record<string, string>, number]>([
    ['Content-Type: text/plain', { 'content-type': 'text/plain' }, 415],
    ['Content-Type: a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['Content-Type: multipart', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['Content-Type: nonsense', { 'content-type': 'application/json/json' }, 415],
    ['Content-Type: almost JSON', { 'content-type': 'application/jsonp' }, 415],
    ['charset=latin1', { 'content-type': 'application/json; charset=latin1' }, 415],
    ['Content-Encoding: gzip', { 'content-encoding': 'gzip' }, 415],
    ['Content-Encoding: zip-bomb', { 'content-encoding': 'zip-bomb' }, 415],
    ['Idempotency-Key with a space', { 'idempotency-key': 'a b' }, 400],
    ['Idempotency-Key in Latin-1', { 'idempotency-key': 'sch\u00f6n' }, 400],
    ['Idempotency-Key of 256 letters', { 'idempotency-key': 'k'.repeat(256) }, 400],
    ['Idempotency-Key of nothing', { 'idempotency-key': '' }, 400],
    ['Idempotency-Key of nothing in quotes', { 'idempotency-key': '""' }, 400],
  ])('%s is rejected', async (_what, headers, status) => {
    const answer = await sendPurchase(api, JSON.stringify(good), headers);
    expect(answer.status, answer.text).toBe(status);
    expect(await storedRows(api)).toEqual([]);
  });

  test('a missing Idempotency-Key is rejected with advice', async () => {
    const { status, body } = await api.call('POST', '/v1/purchases', { as: 'storefront', body: good });
    expect(status).toBe(400);
    expect(body.errors[0]).toMatchObject({ in: 'header', pointer: '/Idempotency-Key' });
    expect(body.detail).toMatch(
      /^The header "Idempotency-Key" is required: .*safe to repeat.* Idempotency-Key: order-4711\.$/,
    );
  });

  test('an Idempotency-Key that is sent twice is rejected', async () => {
    const lines = ['Idempotency-Key: a', 'Idempotency-Key: b', 'Content-Type: application/json'];
    expect(await sendRaw(api, purchaseText(lines, JSON.stringify(good)))).toMatch(/^HTTP\/1.1 400 /);
  });
});
