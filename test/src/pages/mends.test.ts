import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { alert, type NewAlert } from '#queues/alerts/alert.ts';
import type { Subscription } from '#src/simulator/stripe/shapes.ts';
import { failed, made } from '../../db/conformance/fixture.ts';
import { sceneOver } from '../../queues/payments/scene.ts';
import { type PaymentsApi, startPaymentsApi } from '../http/routes/payments-api.ts';
import { type Shown, type Visitor, visitor } from './visitor.ts';

let its: PaymentsApi;
let database: Database;
let scene: ReturnType<typeof sceneOver>;
let operator: Visitor;
let viewer: Visitor;
const plan = { cpus: 1, memoryMb: 1024, currency: 'USD', locations: ['ams'] };
const catalogue = {
  locations: [{ id: 'ams', city: 'Amsterdam', country: 'NL' }],
  plans: [
    { ...plan, id: 'vc2-1c-1gb', monthlyCost: 5 },
    { ...plan, id: 'vc2-2c-4gb', monthlyCost: 20 },
  ],
};
beforeAll(async () => {
  its = await startPaymentsApi();
  database = await openDatabase(`file:${its.api.databaseFile}`);
  scene = sceneOver(database, its.stripe);
  operator = await visitor(its.api, 'operator');
  viewer = await visitor(its.api, 'viewer');
});
afterAll(async () => {
  await database.close();
  await its.close();
});
beforeEach(() => {
  its.api.surroundings.catalogue = catalogue;
});

/** The overview while only this alert holds. */
async function overviewWith(
  { detail = {}, ...about }: Pick<NewAlert, 'kind' | 'subject' | 'detail'>,
  as = operator,
): Promise<Shown> {
  its.api.surroundings.alerts = [alert({ ...about, message: 'Look.', raisedAt: new Date(), detail })];
  return as.get('/console');
}
const actionsOf = ({ text }: Shown) =>
  [...text.matchAll(/<form class="act" method="post" action="([^"]*)"/g)].map(([, path]) => path);
const linksOf = ({ text }: Shown) =>
  [...text.matchAll(/<a class="button[^"]*" href="([^"]*)"/g)].map(([, path]) => path);

async function runningServer(order: object = {}): Promise<string> {
  const { serverId, jobId } = await its.api.buy({ ...order });
  await its.api.store.settle({ jobId, outcome: made, attempts: 1, graceSeconds: 0, now: new Date() });
  return serverId;
}

/** A paid subscription that is held. Resolves with its id. */
async function held(customer: string, quantity = 1): Promise<string> {
  const id = scene.buy({ ghostifi_customer: customer, ghostifi_location: 'ams' });
  const found = scene.at(id);
  const data = found.items.data.map((item) => ({ ...item, quantity }));
  its.stripe.book.put<Subscription>({ ...found, items: { ...found.items, data } });
  await scene.settle();
  return id;
}

test('an unknown machine without a server is removed once its name is typed', async () => {
  const detail = { machineName: 'gf-lost-1', serverId: null, adoptedBy: null };
  const about = { kind: 'unknown-machine', subject: 'vps-1', message: 'Look.', raisedAt: new Date(), detail } as const;
  await its.api.store.raiseAlert(alert(about));
  const page = await overviewWith(about);
  expect(actionsOf(page)).toEqual(['/console/machines/vps-1/remove']);
  const refused = await operator.submit(page, '/console/machines/vps-1/remove', { typed: 'gf-other-1' });
  expect(refused.text).toContain('Machine vps-1 is named gf-lost-1, not gf-other-1.');
  expect(await its.api.store.readOrderedRemoval('vps-1')).toBeNull();
  const done = await operator.submit(page, '/console/machines/vps-1/remove', { typed: 'gf-lost-1' });
  expect(done.text).toContain('Machine gf-lost-1 is removed with the next inventory');
  expect(await its.api.store.readOrderedRemoval('vps-1')).toMatchObject({ name: 'gf-lost-1' });
  expect(actionsOf(await overviewWith(about, viewer))).toEqual([]);
});

test.each(['rebuild', 'resume'])(
  'an unknown machine that a %s adopts cannot be removed, and has its button',
  async (adoptedBy) => {
    const detail = { machineName: 'gf-srv-1-2', serverId: 'srv-1', adoptedBy };
    const page = await overviewWith({ kind: 'unknown-machine', subject: 'vps-2', detail });
    expect(actionsOf(page)).toEqual([`/console/servers/srv-1/${adoptedBy}`]);
  },
);

test('a payment for several servers leads to the choice of one, and a viewer only to the subscription', async () => {
  const id = await held('Ann', 2);
  const path = `/console/subscriptions/${id}`;
  expect(linksOf(await overviewWith({ kind: 'payment-held', subject: id }))).toEqual([`${path}#release`, path]);
  expect(linksOf(await overviewWith({ kind: 'payment-held', subject: id }, viewer))).toEqual([path]);
  const page = await operator.get(path);
  const done = await operator.submit(page, `${path}/release`, { plan: 'vc2-1c-1gb', location: 'ams' });
  expect(done.text).toContain(`${id} gets plan vc2-1c-1gb in ams.`);
  const { subscription } = (await its.api.store.readSubscriptionInFull(id)) ?? {};
  expect(subscription?.released).toMatchObject({ plan: 'vc2-1c-1gb', location: 'ams' });
});

test('a server that was destroyed while its customer pays is replaced with one click', async () => {
  const id = await held('Cid');
  const server = await scene.server(id);
  await its.api.call('DELETE', `/v1/servers/${server?.id}`);
  await scene.settle();
  await scene.store.requestLook(id, { requestedBy: 'key:boss', requestId: null, now: await scene.store.readTime() });
  await scene.settle();
  const page = await overviewWith({ kind: 'paying-for-nothing', subject: id });
  expect(page.text).toContain('Make another server: vc2-1c-1gb in ams');
  await operator.submit(page, `/console/subscriptions/${id}/release`);
  const { subscription } = (await its.api.store.readSubscriptionInFull(id)) ?? {};
  expect(subscription?.released).toMatchObject({ plan: 'vc2-1c-1gb', location: 'ams' });
});

test('two subscriptions of one order are both one click away', async () => {
  const page = await overviewWith({ kind: 'double-subscription', subject: 'sub_1+sub_2' });
  expect(linksOf(page)).toEqual(['/console/subscriptions/sub_1', '/console/subscriptions/sub_2']);
});

test('the alert that says how many more there are has no button', async () => {
  const page = await overviewWith({ kind: 'payment-held', subject: 'more' });
  expect([page.status, actionsOf(page), linksOf(page)]).toEqual([200, [], []]);
});

test('a plan that is not sold any more leads to a rebuild with the cheapest plan, and to all its servers', async () => {
  its.api.surroundings.catalogue = null;
  const serverId = await runningServer({ plan: 'vc2-old' });
  its.api.surroundings.catalogue = catalogue;
  const page = await overviewWith({ kind: 'plan-withdrawn', subject: 'vc2-old' });
  expect(linksOf(page)).toEqual([`/console/servers/${serverId}/rebuild`, '/console/servers?plan=vc2-old']);
  const seen = await overviewWith({ kind: 'plan-withdrawn', subject: 'vc2-old' }, viewer);
  expect(linksOf(seen)).toEqual(['/console/servers?plan=vc2-old']);
  const rebuild = await operator.get(`/console/servers/${serverId}/rebuild`);
  expect(rebuild.text).toContain('Makes a machine vc2-1c-1gb in ams, for 5.00 USD a month.');
  expect((await operator.get(`/console/servers/${serverId}/rebuild?plan=vc2-old`)).text).toContain(
    'The cloud does not sell the plan vc2-old',
  );
  const list = await operator.get('/console/servers?plan=vc2-old');
  expect([...list.text.matchAll(/data-name="Server"/g)]).toHaveLength(1);
  await operator.submit(rebuild, `/console/servers/${serverId}/rebuild`);
  const [newest] = await its.api.store.readJobs({ serverId, limit: 1 });
  expect(newest).toMatchObject({ kind: 'rebuild', plan: 'vc2-1c-1gb' });
});

test('a rebuild that was not enough for the paid plan is retried from its alert', async () => {
  const { serverId, jobId } = await its.api.buy();
  await its.api.store.settle({ jobId, outcome: failed, attempts: 1, graceSeconds: 0, now: new Date() });
  const about = { kind: 'paid-without-server', subject: serverId, detail: { serverId } } as const;
  expect(actionsOf(await overviewWith(about))).toEqual([`/console/jobs/${jobId}/retry`]);
  expect(actionsOf(await overviewWith(about, viewer))).toEqual([]);
});

test('a webhook that is off is switched on with one click, and its page is one click away', async () => {
  const { body } = await its.api.call('POST', '/v1/webhooks', { body: { url: 'https://8.8.8.8/hook' } });
  const { id } = body.webhook;
  await its.api.call('PATCH', `/v1/webhooks/${id}`, { body: { state: 'off' } });
  const page = await overviewWith({ kind: 'webhook-off', subject: id });
  expect(linksOf(page)).toEqual([`/console/webhooks/${id}`]);
  await operator.submit(page, `/console/webhooks/${id}/switch`);
  expect(await its.api.store.readEndpoint(id)).toMatchObject({ state: 'on' });
  expect(linksOf(await overviewWith({ kind: 'webhook-failing', subject: id }))).toEqual([`/console/webhooks/${id}`]);
  expect(linksOf(await overviewWith({ kind: 'webhook-failing', subject: id }, viewer))).toEqual([]);
});

test('alerts beyond those of the overview are on a page of their own, in the same order', async () => {
  its.api.surroundings.alerts = Array.from({ length: 75 }, (_, n) =>
    alert({ kind: 'machine-kept', subject: `gf-${n}`, message: `Look at ${n}.`, raisedAt: new Date(n * 1_000) }),
  );
  const overview = await viewer.get('/console');
  expect(overview.text).toContain('And 55 more: <a href="/console/alerts?from=20">');
  const next = await viewer.get('/console/alerts?from=20');
  expect([next.text.includes('Look at 19.'), next.text.includes('Look at 20.')]).toEqual([false, true]);
  expect(next.text).toContain('href="/console/alerts?from=70">More');
  expect((await viewer.get('/console/alerts?from=70')).text).toContain('Look at 74.');
  expect((await viewer.get('/console/alerts?from=99')).text).toContain('There are no more alerts.');
});

test('no page of the console leads to raw JSON', () => {
  const folder = new URL('../../../src/pages/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const leading = files.filter((name) => /href="\/v1\//.test(readFileSync(new URL(name, folder), 'utf8')));
  expect(files.length).toBeGreaterThan(50);
  expect(leading).toEqual([]);
});

test('a server that was suspended while its customer pays is resumed with one click', async () => {
  const page = await overviewWith({ kind: 'suspended-while-paying', subject: 'srv-9', detail: { serverId: 'srv-9' } });
  expect(actionsOf(page)).toEqual(['/console/servers/srv-9/resume']);
});
