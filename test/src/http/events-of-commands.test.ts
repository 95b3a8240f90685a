import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { keyNamed } from '#db/events.ts';
import { openDatabase } from '#db/open.ts';
import { routes } from '#src/http/routes.ts';
import { dumpOf } from '../../db/conformance/fixture.ts';
import { sceneOver } from '../../queues/payments/scene.ts';
import type { TestApi } from './api-under-test.ts';
import { type CallOptions, secrets } from './call-and-check.ts';
import { makeKey } from './make-key.ts';
import { type PaymentsApi, startPaymentsApi } from './routes/payments-api.ts';

let its: PaymentsApi;
let api: TestApi;
let database: Database;
let scene: ReturnType<typeof sceneOver>;
beforeAll(async () => {
  its = await startPaymentsApi();
  api = its.api;
  database = await openDatabase(`file:${api.databaseFile}`);
  scene = sceneOver(database, its.stripe);
});
afterAll(async () => {
  await database.close();
  await its.close();
});

const callers = { storefront: 'shop', viewer: 'look', operator: 'boss' } as const;

interface Command extends CallOptions {
  readonly path: string;
}

/** A server whose create has failed, with that job. */
async function failedCreate(): Promise<{ serverId: string; jobId: string }> {
  const bought = await api.buy();
  const outcome = { end: 'failed', error: 'Sold out.', leftover: 'gone' } as const;
  await api.store.settle({ jobId: bought.jobId, outcome, attempts: 10, graceSeconds: 0, now: new Date() });
  return bought;
}

async function waitingRebuild(): Promise<string> {
  const { serverId } = await api.buy();
  return (await api.call('POST', `/v1/servers/${serverId}/rebuild`)).body.job.id;
}

async function unknownMachine(): Promise<string> {
  const [subject, name] = ['vps-lost', 'gf-lost-1'];
  const detail = { machineName: name, serverId: 'lost' };
  const about = { kind: 'unknown-machine', subject, message: 'Look.', raisedAt: new Date(), detail };
  await api.store.raiseAlert({ id: `unknown-machine:${subject}`, ...about });
  return subject;
}

/** A subscription that was paid; its plan is one that `offered` lacks if that is given. */
async function subscription(offered: typeof scene.deps.offered = null): Promise<string> {
  const id = scene.buy({ ghostifi_customer: 'ada@example.com' });
  scene.deps.offered = offered;
  await scene.settle();
  return id;
}

async function newKey(): Promise<string> {
  await makeKey(api);
  return (await api.store.readKeys({ limit: 1 }))[0]?.id ?? '';
}

/** The path of a new webhook. */
async function webhook(): Promise<string> {
  const { body } = await api.call('POST', '/v1/webhooks', { body: { url: 'https://8.8.8.8/hook' } });
  return `/v1/webhooks/${body.webhook.id}`;
}

async function delivery(): Promise<string> {
  const path = await webhook();
  await api.call('POST', `${path}/test`);
  return (await api.call('GET', `${path}/deliveries`)).body.items[0].id;
}

const nightly = { every: 'day', at: '02:30', zone: 'Europe/Berlin' };
const order = { customer: 'ada@example.com', email: 'ada@example.com', location: 'ams', plan: 'vc2-1c-1gb' };
const pages = { successUrl: 'https://shop.test/done', cancelUrl: 'https://shop.test/back' };

/** How to call each command so that it is accepted. A new command is added here. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  'POST /v1/purchases': async () => ({
    path: '/v1/purchases',
    as: 'storefront',
    body: { customer: 'ada@example.com', location: 'ams', reference: 'ada@example.com' },
  }),
  'POST /v1/servers/{id}/rebuild': async () => ({ path: `/v1/servers/${(await api.buy()).serverId}/rebuild` }),
  'POST /v1/servers/{id}/suspend': async () => ({
    path: `/v1/servers/${(await api.buy()).serverId}/suspend`,
    as: 'storefront',
    body: { reason: 'past-due' },
  }),
  'POST /v1/servers/{id}/resume': async () => {
    const { serverId } = await api.buy();
    await api.call('POST', `/v1/servers/${serverId}/suspend`, { body: { reason: 'past-due' } });
    return { path: `/v1/servers/${serverId}/resume` };
  },
  'POST /v1/servers/{id}/devices/{device}': async () => ({
    path: `/v1/servers/${(await api.buy()).serverId}/devices/2`,
    as: 'storefront',
    body: { label: 'ada@example.com' },
  }),
  'POST /v1/servers/{id}/link': async () => ({
    path: `/v1/servers/${(await api.buy()).serverId}/link`,
    as: 'storefront',
    body: { may: ['view'] },
  }),
  'DELETE /v1/servers/{id}/links/{link}': async () => {
    const { serverId } = await api.buy();
    const { body } = await api.call('POST', `/v1/servers/${serverId}/link`, { body: { may: ['view'] } });
    return { path: `/v1/servers/${serverId}/links/${body.id}` };
  },
  'PUT /v1/servers/{id}/schedule': async () => ({
    path: `/v1/servers/${(await api.buy()).serverId}/schedule`,
    as: 'storefront',
    body: nightly,
  }),
  'DELETE /v1/servers/{id}/schedule': async () => {
    const path = `/v1/servers/${(await api.buy()).serverId}/schedule`;
    await api.call('PUT', path, { body: nightly });
    return { path };
  },
  'POST /v1/schedules/resume': async () => ({ path: '/v1/schedules/resume' }),
  'DELETE /v1/servers/{id}': async () => ({ path: `/v1/servers/${(await api.buy()).serverId}`, as: 'storefront' }),
  'POST /v1/jobs/{id}/retry': async () => ({ path: `/v1/jobs/${(await failedCreate()).jobId}/retry` }),
  'POST /v1/jobs/{id}/cancel': async () => ({ path: `/v1/jobs/${await waitingRebuild()}/cancel` }),
  'POST /v1/checkouts': async () => ({ path: '/v1/checkouts', as: 'storefront', body: { ...order, ...pages } }),
  'POST /v1/subscriptions/{id}/portal': async () => ({
    path: `/v1/subscriptions/${await subscription()}/portal`,
    body: { returnUrl: pages.successUrl },
  }),
  'POST /v1/subscriptions/{id}/sync': async () => ({ path: `/v1/subscriptions/${await subscription()}/sync` }),
  'POST /v1/subscriptions/{id}/release': async () => ({
    path: `/v1/subscriptions/${await subscription({ locations: [], plans: [] })}/release`,
    body: { plan: 'vc2-1c-1gb', location: 'ams' },
  }),
  'POST /v1/keys': async () => ({
    path: '/v1/keys',
    body: { name: `made-here-${randomUUID().slice(0, 8)}`, preset: 'viewer' },
  }),
  'POST /v1/keys/{id}/rotate': async () => ({ path: `/v1/keys/${await newKey()}/rotate`, body: { overlapHours: 0 } }),
  'DELETE /v1/keys/{id}': async () => ({ path: `/v1/keys/${await newKey()}` }),
  'POST /v1/webhooks': async () => ({ path: '/v1/webhooks', body: { url: 'https://8.8.8.8/hook?token=ada@shop' } }),
  'PATCH /v1/webhooks/{id}': async () => ({ path: await webhook(), body: { state: 'off' } }),
  'DELETE /v1/webhooks/{id}': async () => ({ path: await webhook() }),
  'POST /v1/webhooks/{id}/test': async () => ({ path: `${await webhook()}/test` }),
  'POST /v1/webhooks/{id}/rotate': async () => ({ path: `${await webhook()}/rotate`, body: { overlapHours: 1 } }),
  'POST /v1/webhooks/{id}/replay': async () => ({
    path: `${await webhook()}/replay`,
    body: { since: new Date(Date.now() - 60_000).toISOString() },
  }),
  'POST /v1/deliveries/{id}/retry': async () => ({ path: `/v1/deliveries/${await delivery()}/retry` }),
  'POST /v1/sale': async () => ({ path: '/v1/sale', body: { open: true } }),
  'POST /v1/queue': async () => ({ path: '/v1/queue', body: { paused: true } }),
  'POST /v1/ordering/resume': async () => ({ path: '/v1/ordering/resume' }),
  'POST /v1/machines/{id}/remove': async () => ({
    path: `/v1/machines/${await unknownMachine()}/remove`,
    body: { name: 'gf-lost-1' },
  }),
};

const newest = async () => (await api.store.readEvents({ limit: 1 })).events[0]?.id ?? 0;
const eventsAfter = async (id: number) =>
  (await api.store.readEvents({ limit: 100 })).events.filter((event) => event.id > id).reverse();

test('the table of this test has every route that changes something', () => {
  // Stripe sends to this one; stripe.test.ts has its event.
  const ofStripe = '/v1/stripe/webhook';
  const changing = routes.filter(({ method, path }) => method !== 'get' && path !== ofStripe);
  const names = changing.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(names.toSorted()).toEqual(Object.keys(commands).toSorted());
});

describe.each(Object.entries(commands))('%s', (name, prepare) => {
  const [method = ''] = name.split(' ');

  test('leaves one event with its caller and its request, and none when it is repeated', async () => {
    const { path, as = 'operator', ...rest } = await prepare();
    const before = await newest();
    const headers = { 'idempotency-key': `events of ${name}`.replaceAll(/[^a-z]/gi, '-') };
    const answer = await api.call(method, path, { ...rest, as, headers });
    expect(answer.status, answer.text).toBeLessThan(300);
    const actor = keyNamed(callers[as as keyof typeof callers]);
    const written = await eventsAfter(before);
    expect(written.filter((event) => event.actor === actor)).toMatchObject([
      { actor, requestId: answer.headers.get('x-request-id'), uid: expect.stringMatching(/^evt-[a-z0-9]{18}$/) },
    ]);
    expect(written.filter(({ requestId }) => requestId !== null)).toHaveLength(1);
    expect(JSON.stringify(written)).not.toContain('@');
    if (answer.headers.get('location') === null) return;
    await api.call(method, path, { ...rest, as, headers });
    expect(await eventsAfter(before)).toEqual(written);
  });

  test('with ?plan=true says what it would do, and leaves no trace', async () => {
    const { path, as = 'operator', ...rest } = await prepare();
    const before = await dumpOf(database);
    const outside = () => ({
      queue: api.surroundings.queue,
      published: its.published.length,
      pages: its.stripe.calls.filter((call) => call.endsWith('/sessions')).length,
      lines: api.surroundings.log.filter(({ event }) => event !== 'request-answered').length,
    });
    const outsideBefore = outside();
    const preview = await api.call(method, `${path}?plan=true`, { ...rest, as });
    expect(preview.status, preview.text).toBe(200);
    expect(preview.body.would.summary).not.toContain('nothing would change');
    expect(preview.text).not.toContain('@');
    expect(await dumpOf(database)).toEqual(before);
    expect(outside()).toEqual(outsideBefore);
    const last = await newest();
    const headers = { 'idempotency-key': `preview of ${name}`.replaceAll(/[^a-z]/gi, '-') };
    expect((await api.call(method, path, { ...rest, as, headers })).status).toBeLessThan(300);
    const types = (await eventsAfter(last)).map(({ type }) => type);
    expect(preview.body.would.events.map(({ type }: { type: string }) => type)).toEqual(types);
  });

  test('leaves none when it is refused', async () => {
    const before = await newest();
    for (const as of ['viewer', 'operator'] as const) {
      const body = { 'not a field': 1 };
      const { status } = await api.call(
        method,
        (name.split(' ')[1] ?? '').replace('{id}', 'none').replace('{device}', '1').replace('{link}', 'none'),
        { as, body },
      );
      expect(status).toBeGreaterThanOrEqual(400);
    }
    expect(await eventsAfter(before)).toEqual([]);
  });
});

test('the reason of a switch is in its event', async () => {
  const before = await newest();
  const reason = 'Stock of ams is used up';
  await api.call('POST', '/v1/sale', { body: { open: false, reason } });
  await api.call('POST', '/v1/queue', { body: { paused: true, reason } });
  await api.call('POST', '/v1/sale', { body: { open: true } });
  expect((await eventsAfter(before)).map(({ type, subject, detail }) => [type, subject, detail])).toEqual([
    ['sale.stopped', null, { reason }],
    ['queue.paused', 'servers', { reason }],
    ['sale.resumed', null, {}],
  ]);
});

test('reading leaves no event', async () => {
  const { serverId, jobId } = await api.buy();
  const before = await newest();
  for (const { method, path } of routes.filter((route) => route.method === 'get')) {
    const id = path.startsWith('/v1/jobs') ? jobId : serverId;
    // A stream stays open.
    if (path !== '/v1/jobs/{id}/events') await api.call(method, path.replace('{id}', id));
  }
  expect(await eventsAfter(before)).toEqual([]);
});

describe('a sign-in to the dashboard', () => {
  const signIn = (token: string) =>
    fetch(`${api.url}/admin/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token, next: '' }).toString(),
    });

  test('leaves one event with its token', async () => {
    const before = await newest();
    const response = await signIn(secrets.viewer);
    expect(response.status).toBe(303);
    const requestId = response.headers.get('x-request-id');
    expect(await eventsAfter(before)).toMatchObject([
      { type: 'board.signed_in', actor: 'key:look', requestId, detail: { mayAct: false } },
    ]);
  });

  test.each(['wrong', secrets.storefront])('that is refused leaves none', async (token) => {
    const before = await newest();
    expect((await signIn(token)).status).toBeGreaterThanOrEqual(401);
    expect(await eventsAfter(before)).toEqual([]);
  });

  test('does not happen without its event', async () => {
    const { store } = api.services;
    const { recordEvent } = store;
    store.recordEvent = () => Promise.reject(new Error('The disk is full.'));
    const response = await signIn(secrets.viewer);
    store.recordEvent = recordEvent;
    expect([response.status, response.headers.get('set-cookie')]).toEqual([503, null]);
  });
});
