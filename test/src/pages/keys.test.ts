import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { type Visitor, visitor } from './visitor.ts';

let api: TestApi;
let operator: Visitor;
beforeAll(async () => {
  api = await startTestApi();
  operator = await visitor(api, 'operator');
});
afterAll(() => api.close());

test('an operator makes a key, whose secret is shown once, and revokes it', async () => {
  const page = await operator.get('/console/keys');
  expect(page.text).toContain('There are no keys.');
  const order = { name: 'shop-2', preset: 'storefront', customer: '', expires: '2027-01-31' };
  const made = await operator.submit(page, '/console/keys/make', order);
  const [secret = ''] = /gf_\w+/.exec(made.text) ?? [];
  const authorization = `Bearer ${secret}`;
  expect((await fetch(`${api.url}/v1/servers`, { headers: { authorization } })).status).toBe(200);
  const again = await operator.get('/console/keys');
  expect(again.text).not.toContain(secret);
  expect(again.text).toContain('datetime="2027-01-31T23:59:59.000Z"');
  const [, id] = /\/console\/keys\/([\w-]+)\/revoke/.exec(again.text) ?? [];
  const revoked = await operator.submit(again, `/console/keys/${id}/revoke`);
  expect(revoked.text).toContain('Key shop-2 is revoked.');
  expect(revoked.text).toContain('>revoked</span>');
  expect(revoked.text).not.toContain('/revoke"');
  expect((await fetch(`${api.url}/v1/servers`, { headers: { authorization } })).status).toBe(401);
});

test('a rotated key gets a new secret', async () => {
  const order = { name: 'reader', preset: '', scopes: 'servers:read, audit:read', customer: '', expires: '' };
  const made = await operator.submit(await operator.get('/console/keys'), '/console/keys/make', order);
  const [, id] = /\/console\/keys\/([\w-]+)\/rotate/.exec(made.text) ?? [];
  const rotated = await operator.submit(made, `/console/keys/${id}/rotate`);
  expect(rotated.text).toContain('The old secret of reader is valid for 24 hours more.');
  expect(/gf_\w+/.exec(rotated.text)?.[0]).not.toBe(/gf_\w+/.exec(made.text)?.[0]);
});

test('what the API refuses is said, and nothing is made', async () => {
  const page = await operator.get('/console/keys');
  const bad = await operator.submit(page, '/console/keys/make', { name: 'Bad Name', preset: 'viewer' });
  expect(bad.text).toContain('flash refused');
  expect(bad.text).not.toContain('Bad Name is made');
});

test('a viewer has no link to the keys, and the page refuses', async () => {
  const viewer = await visitor(api, 'viewer');
  expect((await viewer.get('/console')).text).not.toContain('/console/keys');
  expect((await operator.get('/console')).text).toContain('/console/keys');
  expect((await viewer.get('/console/keys')).status).toBe(403);
});
