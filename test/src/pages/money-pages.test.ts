import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { sceneOver } from '../../queues/payments/scene.ts';
import { type PaymentsApi, startPaymentsApi } from '../http/routes/payments-api.ts';
import { type Visitor, visitor } from './visitor.ts';

let its: PaymentsApi;
let database: Database;
let scene: ReturnType<typeof sceneOver>;
let operator: Visitor;
let viewer: Visitor;
beforeAll(async () => {
  its = await startPaymentsApi();
  its.api.surroundings.catalogue = {
    locations: [{ id: 'ams', city: 'Amsterdam', country: 'NL' }],
    plans: [{ id: 'vc2-1c-1gb', cpus: 1, memoryMb: 1024, monthlyCost: 5, currency: 'USD', locations: ['ams'] }],
  };
  database = await openDatabase(`file:${its.api.databaseFile}`);
  scene = sceneOver(database, its.stripe);
  operator = await visitor(its.api, 'operator');
  viewer = await visitor(its.api, 'viewer');
});
afterAll(async () => {
  await database.close();
  await its.close();
});

test('a subscription leads to its customer, its server and its payments', async () => {
  const id = scene.buy({ ghostifi_customer: 'Ann@example.com', ghostifi_reference: 'order-1' });
  await scene.settle();
  const list = await operator.get('/console/subscriptions?standing=good');
  expect(list.text).toContain(`href="/console/subscriptions/${id}"`);
  const one = await operator.get(`/console/subscriptions/${id}`);
  expect(one.text).toContain('9.00 USD');
  expect(one.text).toContain('href="/console/customers?customer=Ann%40example.com"');
  const [, serverId] = /href="\/console\/servers\/(srv-\w+)"/.exec(one.text) ?? [];
  expect(serverId).toBeDefined();
  const customer = await operator.get('/console/customers?customer=ann%40EXAMPLE.com');
  expect(customer.text).toContain(`href="/console/servers/${serverId}"`);
  expect(customer.text).toContain('<dt>Paid</dt><dd>9.00 USD</dd>');
  expect(customer.text).toContain('<dt>Running</dt><dd>1 of 1</dd>');
});

test('an operator asks Stripe about a subscription; a viewer has no button for it', async () => {
  const id = scene.buy({ ghostifi_customer: 'Bob' });
  await scene.settle();
  its.published.splice(0);
  const page = await operator.get(`/console/subscriptions/${id}`);
  const done = await operator.submit(page, `/console/subscriptions/${id}/sync`);
  expect(done.text).toContain(`Stripe is asked about ${id}.`);
  expect(its.published).toEqual([id]);
  expect((await viewer.get(`/console/subscriptions/${id}`)).text).not.toContain('<form class="act"');
});

test('an operator releases a held subscription with a plan and a location of the catalogue', async () => {
  scene.deps.offered = { locations: [], plans: [] } as unknown as typeof scene.deps.offered;
  const id = scene.buy({ ghostifi_customer: 'Cid' });
  await scene.settle();
  scene.deps.offered = null;
  const page = await operator.get(`/console/subscriptions/${id}`);
  expect(page.text).toContain('unknown-plan');
  const action = `/console/subscriptions/${id}/release`;
  const refused = await operator.submit(page, action, { plan: 'vc2-1c-1gb', location: 'nowhere' });
  expect(refused.text).toContain('flash refused');
  const done = await operator.submit(page, action, { plan: 'vc2-1c-1gb', location: 'ams' });
  expect(done.text).toContain(`${id} gets plan vc2-1c-1gb in ams.`);
});

test('a held subscription is shown while the catalogue is not known', async () => {
  scene.deps.offered = { locations: [], plans: [] } as unknown as typeof scene.deps.offered;
  const id = scene.buy({ ghostifi_customer: 'Dot' });
  await scene.settle();
  scene.deps.offered = null;
  const known = its.api.surroundings.catalogue;
  its.api.surroundings.catalogue = null;
  const page = await operator.get(`/console/subscriptions/${id}`);
  its.api.surroundings.catalogue = known;
  expect([page.status, page.text.includes('The catalogue is not known yet.')]).toEqual([200, true]);
  expect(page.text).toContain(`action="/console/subscriptions/${id}/sync"`);
  expect(page.text).not.toContain(`action="/console/subscriptions/${id}/release"`);
});

test('a customer who is not known, and a filter that finds nothing, say what to do next', async () => {
  expect((await viewer.get('/console/customers')).text).toContain('No customer is chosen.');
  expect((await viewer.get('/console/customers?customer=nobody')).text).toContain('has never had a server');
  expect((await viewer.get('/console/subscriptions?customer=nobody')).text).toContain('No subscription is like this.');
  const missing = await viewer.get('/console/subscriptions/sub_unseen');
  expect([missing.status, missing.text.includes('sub_unseen')]).toEqual([404, true]);
});
