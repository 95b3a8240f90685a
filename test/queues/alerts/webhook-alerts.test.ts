import { beforeEach, expect, test } from 'vitest';
import { type Alert, alert } from '#queues/alerts/alert.ts';
import { announceAlerts } from '#queues/alerts/announce.ts';
import { readWebhookAlerts } from '#queues/alerts/webhook-alerts.ts';
import { actor, buy } from '../../db/conformance/fixture.ts';
import { type NewsScene, newsScene } from '../news/scene.ts';

let scene: NewsScene;
beforeEach(async () => {
  scene = await newsScene();
});

const readAlerts = () => readWebhookAlerts({ store: scene.store, now: () => scene.clock.now });

test('a webhook that fails for an hour is an alert, until it answers', async () => {
  scene.receiver.answer = () => ({ status: 503 });
  await buy(scene.store, { now: scene.clock.now });
  await scene.runDue();
  scene.pass(3_599);
  expect(await readAlerts()).toEqual([]);
  scene.pass(1);
  const [failing, ...others] = await readAlerts();
  expect(others).toEqual([]);
  expect(failing).toMatchObject({ id: 'webhook-failing:hook-1', raisedAt: scene.clock.now });
  expect(failing?.message).toContain(`hook-1 (127.0.0.1:${scene.receiver.port})`);
  scene.receiver.answer = () => ({ status: 204 });
  await scene.runDue();
  expect(await readAlerts()).toEqual([]);
});

test('a webhook that answered 410 is an alert until it is on again; one that an operator switched off is none', async () => {
  scene.receiver.answer = () => ({ status: 410 });
  await buy(scene.store, { now: scene.clock.now });
  await scene.runDue();
  expect(await readAlerts()).toMatchObject([{ id: 'webhook-off:hook-1', message: expect.stringContaining('410') }]);
  await scene.store.changeEndpoint('hook-1', { state: 'on' }, actor());
  expect(await readAlerts()).toEqual([]);
  await scene.store.changeEndpoint('hook-1', { state: 'off' }, actor());
  expect(await readAlerts()).toEqual([]);
});

test('alerts are news: raised once, and cleared once', async () => {
  const raised = (subject: string): Alert =>
    alert({ kind: 'no-worker', subject, message: 'ada@example.com has no worker.', raisedAt: scene.clock.now });
  let current: Alert[] = [raised('one'), raised('two')];
  const announce = (holder = 'me') =>
    announceAlerts({ store: scene.store, alerts: async () => current, holder, now: () => scene.clock.now });
  const news = async () => {
    const { events } = await scene.store.readEvents({ limit: 100 });
    return events.filter(({ type }) => type.startsWith('alert.')).map(({ type, subject }) => `${type} ${subject}`);
  };
  await announce();
  await announce();
  expect((await news()).sort()).toEqual(['alert.raised no-worker:one', 'alert.raised no-worker:two']);
  current = [raised('two')];
  await announce('another process');
  expect(await news(), 'one process announces').toHaveLength(2);
  await announce();
  await announce();
  expect((await news())[0]).toBe('alert.cleared no-worker:one');
  expect(await news()).toHaveLength(3);
  await scene.runDue();
  const bodies = scene.receiver.received.map(({ body }) => JSON.parse(body));
  expect(bodies.map(({ type, data }) => [type, data.detail.kind])).toContainEqual(['alert.cleared', 'no-worker']);
  expect(JSON.stringify(bodies)).not.toContain('@');
});

test('without a webhook that asks for alerts nothing is recorded, and the first one gets all that hold', async () => {
  await scene.store.changeEndpoint('hook-1', { types: ['server.ready'] }, actor());
  const current = [alert({ kind: 'no-worker', subject: 'one', message: 'None.', raisedAt: scene.clock.now })];
  const announce = () =>
    announceAlerts({ store: scene.store, alerts: async () => current, holder: 'me', now: () => scene.clock.now });
  const count = async () =>
    (await scene.store.readEvents({ limit: 100 })).events.filter(({ type }) => type.startsWith('alert.')).length;
  await announce();
  expect(await count()).toBe(0);
  await scene.store.changeEndpoint('hook-1', { types: ['alert.raised'] }, actor());
  await announce();
  expect(await count()).toBe(1);
});
