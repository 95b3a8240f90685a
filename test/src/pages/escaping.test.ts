import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { alert, alertKinds } from '#queues/alerts/alert.ts';
import { pages } from '#src/pages/pages.ts';
import { confirmed } from '../../db/conformance/fixture.ts';
import { sceneOver } from '../../queues/payments/scene.ts';
import { statementOfADay } from '../../statement-of-a-day.ts';
import { type PaymentsApi, startPaymentsApi } from '../http/routes/payments-api.ts';
import { type Visitor, visitor } from './visitor.ts';

/** What a customer, a shop or a provider may say. */
const said = `<i>"it's"&</i>`;

let its: PaymentsApi;
let database: Database;
let operator: Visitor;
let examples: Readonly<Record<string, string>>;
beforeAll(async () => {
  its = await startPaymentsApi();
  const { api } = its;
  api.surroundings.catalogue = {
    locations: [{ id: 'ams', city: said, country: said }],
    plans: [{ id: said, cpus: 1, memoryMb: 1024, monthlyCost: 5, currency: 'USD', locations: ['ams'] }],
  };
  operator = await visitor(api, 'operator');
  database = await openDatabase(`file:${api.databaseFile}`);
  const scene = sceneOver(database, its.stripe);
  const subscription = scene.buy({ ghostifi_customer: said, ghostifi_reference: said, ghostifi_plan: said });
  await scene.settle();
  examples = { ...(await suspended()), subscription };
  await api.store.recordStatement({ statement: statementOf(said), digest: 'd', now: new Date() });
  const own = { id: 'wrk-1', name: said, version: said, startedAt: new Date(), slots: 50 };
  await api.store.recordWorker({ ...own, saidAt: new Date(), state: 'takes jobs', active: 0 });
});
afterAll(async () => {
  await database.close();
  await its.close();
});

function statementOf(text: string) {
  const usage = statementOfADay.usage?.map((one) => ({ ...one, provider: text, plan: text }));
  return { ...statementOfADay, estimate: text, zone: text, usage: usage ?? null };
}

/** A server of the customer that was suspended and whose resume has failed. */
async function suspended(): Promise<{ server: string; job: string; event: string }> {
  const { store, call, buy } = its.api;
  its.api.surroundings.catalogue = null;
  const { serverId: server, jobId } = await buy({ customer: said, reference: said });
  const settle = (id: string, outcome: Parameters<typeof store.settle>[0]['outcome']) =>
    store.settle({ jobId: id, outcome, attempts: 1, graceSeconds: 0, now: new Date() });
  await settle(jobId, { end: 'made', machine: { ...confirmed, providerId: said } });
  const path = `/v1/servers/${server}`;
  await settle((await call('POST', `${path}/suspend`, { body: { reason: said } })).body.job.id, { end: 'removed' });
  const job = (await call('POST', `${path}/resume`)).body.job.id;
  await settle(job, { end: 'failed', error: said, leftover: 'gone' });
  its.api.surroundings.logs.set(job, [said]);
  const event = (await store.readEvents({ serverId: server, limit: 1 })).events[0]?.uid ?? '';
  return { server, job, event };
}

const filled = (path: string) =>
  path.replace(/(\w+)s\/:\w+/, (_, name: string) => `${name}s/${examples[name] ?? statementOfADay.day}`);

const asked = encodeURIComponent(said);
const filters = [
  ...['customer', 'reference', 'plan', 'status'].map((name) => `/console/servers?${name}=${asked}`),
  ...['server', 'kind', 'state', 'cursor'].map((name) => `/console/jobs?${name}=${asked}`),
  ...['search?q', 'customers?customer', 'alerts?from', 'events?server', 'statements?month', 'schedules?customer'].map(
    (name) => `/console/${name}=${asked}`,
  ),
];

test.each([...pages.map(({ path }) => path), ...filters])('%s shows texts of others as texts', async (path) => {
  const { status, text } = await operator.get(filled(path));
  expect([200, 400, 404]).toContain(status);
  expect(text).not.toContain('<i>');
  expect(text).not.toMatch(/="[^"]*"it's/);
});

test('the texts are on the pages of the server, its commands, its job and its customer', async () => {
  const paths = ['', '/suspend', '/resume', '/destroy'].map((rest) => `/console/servers/:id${rest}`);
  for (const path of [...paths, '/console/jobs/:id', '/console/jobs/:id/log', `/console/customers?customer=${asked}`])
    expect((await operator.get(filled(path))).text, path).toContain('&#60;i&#62;&#34;it&#39;s&#34;&#38;&#60;/i&#62;');
});

test('every alert is shown as text, also in its buttons', async () => {
  const names = ['by', 'reason', 'reference', 'machineName', 'adoptedBy'];
  const detail = Object.fromEntries([...names.map((name) => [name, said]), ['serverId', examples.server ?? '']]);
  const all = alertKinds.map((kind) => alert({ kind, subject: said, message: said, raisedAt: new Date(), detail }));
  for (let from = 0; from < all.length; from += 15) {
    its.api.surroundings.alerts = all.slice(from, from + 15);
    for (const path of ['/console', '/console/alerts']) {
      const { status, text } = await operator.get(path);
      expect([status, text.includes('<i>'), text.includes('&#60;i&#62;')], path).toEqual([200, false, true]);
    }
  }
});
