import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const state = async () => (await api.call('GET', '/v1/queue', { as: 'viewer' })).body;
const change = (body: object) => api.call('POST', '/v1/queue', { body });

test('the state of the queue has who paused or resumed it, when and why', async () => {
  expect(await state()).toEqual({ paused: false, by: null, reason: null, changedAt: null });
  const { body: paused } = await change({ paused: true, reason: 'The provider is down' });
  expect(paused).toEqual({
    paused: true,
    by: 'boss',
    reason: 'The provider is down',
    changedAt: expect.any(String),
  });
  expect(await state()).toEqual(paused);
  expect((await change({ paused: false })).body).toMatchObject({ paused: false, by: 'boss', reason: null });
});

test('a change by another program is not shown as that of an operator', async () => {
  await change({ paused: true, reason: 'The provider is down' });
  const { queue } = api.surroundings;
  if (queue) api.surroundings.queue = { ...queue, paused: false };
  expect(await state()).toEqual({ paused: false, by: null, reason: null, changedAt: null });
});

test('without Redis the state is unknown, its last change is shown, and a change gets 503', async () => {
  await change({ paused: true });
  api.surroundings.queue = null;
  expect(await state()).toMatchObject({ paused: null, by: 'boss' });
  const { status, body, headers } = await change({ paused: false });
  expect([status, body.type, headers.get('retry-after')]).toEqual([503, 'urn:ghostifi:problem:not-ready', '2']);
});
