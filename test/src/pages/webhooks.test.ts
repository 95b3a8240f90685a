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

const url = 'https://8.8.8.8/hook';
const add = async () => {
  const page = await operator.get('/console/webhooks');
  const added = await operator.submit(page, '/console/webhooks/add', { url, types: 'server.ready, server.failed' });
  const [, id = ''] = /\/console\/webhooks\/(hook-\w+)\/test/.exec(added.text) ?? [];
  return { added, id, path: `/console/webhooks/${id}` };
};

test('an operator adds a webhook, whose secret is shown once, and deletes it', async () => {
  expect((await operator.get('/console/webhooks')).text).toContain('There are no webhooks.');
  const { added, id, path } = await add();
  expect(added.text).toContain('Its secret is shown only now: whsec_');
  const page = await operator.get(path);
  expect(page.text).not.toContain('whsec_');
  expect(page.text).toContain('server.ready, server.failed');
  expect((await operator.get('/console/webhooks')).text).toContain(`href="${path}">${url}</a>`);
  const gone = await operator.submit(page, `${path}/delete`);
  expect(gone.text).toContain('There are no webhooks.');
  expect(await api.store.readEndpoint(id)).toBeNull();
});

test('a test has a delivery; a webhook that is off sends none', async () => {
  const { path } = await add();
  const tested = await operator.submit(await operator.get(path), `${path}/test`);
  expect(tested.text).toContain('webhook.test</a>');
  expect(tested.text).toContain('>waiting</span>');
  const off = await operator.submit(tested, `${path}/switch`);
  expect(off.text).toContain('The webhook is off.');
  expect(off.text).not.toContain(`${path}/test`);
  expect(off.text).toContain('>cancelled</span>');
  const on = await operator.submit(off, `${path}/switch`);
  expect(on.text).toContain('The webhook is on.');
});

test('a rotation shows a new secret, and a replay says how many messages it sends', async () => {
  const { added, path } = await add();
  const rotated = await operator.submit(await operator.get(path), `${path}/rotate`);
  const secretIn = ({ text }: { text: string }) => /whsec_[\w+/=]+/.exec(text)?.[0];
  expect(secretIn(rotated)).toBeDefined();
  expect(secretIn(rotated)).not.toBe(secretIn(added));
  const today = new Date().toISOString().slice(0, 10);
  const replayed = await operator.submit(await operator.get(path), `${path}/replay`, { since: today });
  expect(replayed.text).toContain('0 messages will be sent.');
});

test('an address that is refused is said; a viewer has no page of webhooks', async () => {
  const page = await operator.get('/console/webhooks');
  const refused = await operator.submit(page, '/console/webhooks/add', { url: 'https://127.0.0.1/' });
  expect(refused.text).toContain('flash refused');
  const viewer = await visitor(api, 'viewer');
  expect((await viewer.get('/console/webhooks')).status).toBe(403);
  expect((await viewer.get('/console')).text).not.toContain('/console/webhooks');
});
