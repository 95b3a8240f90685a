import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { customerScopes } from '#db/keys.ts';
import { openDatabase } from '#db/open.ts';
import type { Route } from '#src/http/route.ts';
import { routes } from '#src/http/routes.ts';
import { confirmed } from '../../db/conformance/fixture.ts';
import { sceneOver } from '../../queues/payments/scene.ts';
import type { TestApi } from './api-under-test.ts';
import { makeKey } from './make-key.ts';
import { type PaymentsApi, startPaymentsApi } from './routes/payments-api.ts';

/** Literals on purpose: a change of what a key of one customer may call must fail here. All others go by the path's id. */
const notById: Readonly<Record<string, Route['forCustomers']>> = {
  'POST /v1/purchases': 'filtered',
  'POST /v1/checkouts': 'filtered',
  'GET /v1/servers': 'filtered',
  'GET /v1/jobs': 'filtered',
  'GET /v1/subscriptions': 'filtered',
  'GET /v1/events': 'filtered',
  'GET /v1/events/{id}': 'filtered',
  'GET /v1/why': 'filtered',
  'GET /v1/machines': 'filtered',
  'GET /v1/locations': 'shared',
  'GET /v1/plans': 'shared',
  'POST /v1/schedules/resume': 'never',
  'POST /v1/subscriptions/{id}/release': 'never',
  'POST /v1/stripe/webhook': 'never',
  'GET /v1/alerts': 'never',
  'GET /v1/statements': 'never',
  'GET /v1/statements/{day}': 'never',
  'GET /v1/keys': 'never',
  'POST /v1/keys': 'never',
  'POST /v1/keys/{id}/rotate': 'never',
  'DELETE /v1/keys/{id}': 'never',
  'GET /v1/customers': 'never',
  'GET /v1/jobs/{id}/log': 'never',
  'GET /v1/tally': 'never',
  'GET /v1/trends': 'never',
  'GET /v1/workers': 'never',
  'GET /v1/sale': 'never',
  'POST /v1/sale': 'never',
  'GET /v1/queue': 'never',
  'POST /v1/queue': 'never',
  'POST /v1/ordering/resume': 'never',
  'POST /v1/machines/{id}/remove': 'never',
  'GET /v1/schedules': 'never',
  'GET /v1/settings': 'never',
  'GET /v1/webhooks': 'never',
  'POST /v1/webhooks': 'never',
  'GET /v1/webhooks/{id}': 'never',
  'PATCH /v1/webhooks/{id}': 'never',
  'DELETE /v1/webhooks/{id}': 'never',
  'POST /v1/webhooks/{id}/test': 'never',
  'POST /v1/webhooks/{id}/rotate': 'never',
  'POST /v1/webhooks/{id}/replay': 'never',
  'GET /v1/webhooks/{id}/deliveries': 'never',
  'POST /v1/deliveries/{id}/retry': 'never',
  'GET /livez': 'never',
  'GET /readyz': 'never',
  'GET /metrics': 'never',
};

/** What one customer has, by the names that paths and queries give it. */
interface Things {
  readonly customer: string;
  readonly reference: string;
  readonly address: string;
  readonly servers: string;
  readonly jobs: string;
  readonly subscriptions: string;
  readonly events: string;
  readonly machine: string;
  readonly hostname: string;
  readonly secret: string;
}

let its: PaymentsApi;
let api: TestApi;
let database: Database;
let scene: ReturnType<typeof sceneOver>;
let ada: Things;
let bob: Things;
beforeAll(async () => {
  its = await startPaymentsApi();
  api = its.api;
  database = await openDatabase(`file:${api.databaseFile}`);
  scene = sceneOver(database, its.stripe);
  ada = await thingsOf('Ada@Example.com', '203.0.113.77');
  bob = await thingsOf('bob@example.com', '203.0.113.88');
});
afterAll(async () => {
  await database.close();
  await its.close();
});

/** A subscription with its server, and a running server with a schedule, a link and an open job. */
async function thingsOf(customer: string, address: string): Promise<Things> {
  const reference = `reference of ${customer}`;
  const subscriptions = scene.buy({ ghostifi_customer: customer });
  await scene.settle();
  const { serverId, jobId } = await api.buy({ customer: customer.toUpperCase(), reference });
  const machine = { ...confirmed, providerId: `vps-${customer}`.replace(/[@.]/g, '-'), ipv4: address };
  const outcome = { end: 'made', machine } as const;
  await api.store.settle({ jobId, outcome, attempts: 1, graceSeconds: 0, now: new Date() });
  const schedule = { every: 'day', at: '02:30', zone: 'UTC' };
  await api.call('PUT', `/v1/servers/${serverId}/schedule`, { body: schedule });
  const [event] = (await api.store.readEvents({ serverId, limit: 1 })).events;
  const found = await api.store.readServer(serverId);
  return {
    ...{ customer, reference, address, subscriptions },
    ...{ servers: serverId, jobs: jobId, events: event?.uid ?? '', machine: machine.providerId },
    hostname: found?.server.hostname ?? '',
    secret: await makeKey(api, { scopes: customerScopes, customer }),
  };
}

const nameOf = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`;

/** The path with the ids of these things. Throws for a parameter that this test does not know. */
function pathFor({ path }: Route, things: Things): string {
  const [, , collection = ''] = path.split('/');
  const values: Readonly<Record<string, string | undefined>> = {
    id: collection in things ? things[collection as keyof Things] : 'none',
    device: '2',
    link: 'lnk-none',
    day: '2026-05-01',
  };
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Say what {${name}} of ${path} is, for this test.`);
    return value;
  });
}

const harmless = [
  'limit',
  'cursor',
  'status',
  'state',
  'kind',
  'retriable',
  'standing',
  'since',
  'at',
  'type',
  'actor',
  'device',
  'span',
];
const queryNames: Readonly<Record<string, keyof Things>> = {
  server: 'servers',
  job: 'jobs',
  subscription: 'subscriptions',
  customer: 'customer',
  reference: 'reference',
  address: 'address',
  like: 'customer',
  machine: 'machine',
  hostname: 'hostname',
};

/** The queries that name one of these things, and the one that names none. */
function queriesFor({ path, query }: Route, things: Things): string[] {
  const names = Object.keys(query.shape).filter((name) => !harmless.includes(name) && name !== 'plan');
  const queries = names.map((name) => {
    const thing = queryNames[name];
    if (thing === undefined) throw new Error(`Say what ?${name}= of ${path} is, for this test.`);
    return `?${new URLSearchParams({ [name]: things[thing] })}`;
  });
  // A preview tells no more than its command, and changes nothing, so it comes first.
  const preview = Object.hasOwn(query.shape, 'plan') ? ['?plan=true'] : [];
  return [...preview, '', ...queries];
}

const callAs = ({ secret }: Things, method: string, path: string, body?: unknown) =>
  api.call(method.toUpperCase(), path, {
    as: 'nobody',
    headers: { authorization: `Bearer ${secret}`, 'idempotency-key': `own-${Math.random()}` },
    ...(body !== undefined && { body }),
  });

/** What must not be read by others. A problem's detail and instance repeat what was asked for. */
function expectNothingOf(things: Things, text: string, asked: string): void {
  const { secret: _, ...names } = things;
  const told = text.toLowerCase();
  for (const value of [...Object.values(names), things.servers])
    if (!decodeURIComponent(asked.replaceAll('+', ' ')).includes(value))
      expect(told).not.toContain(value.toLowerCase());
}

const guarded = routes.filter(({ access }) => access !== 'anyone');
const byMethod = guarded.map((route) => [nameOf(route), route] as const);

test('the table of this test has every route that does not go by the id in its path', () => {
  const others = routes.filter(({ forCustomers }) => !['server', 'job', 'subscription'].includes(forCustomers));
  expect(Object.fromEntries(others.map((route) => [nameOf(route), route.forCustomers]))).toEqual(notById);
});

describe.each(byMethod)('%s', (_, route) => {
  const { method, forCustomers } = route;
  const paths = (things: Things) => queriesFor(route, things).map((query) => pathFor(route, things) + query);

  test('shows and does nothing of another customer', async () => {
    for (const path of paths(ada)) {
      const { status, text } = await callAs(bob, method, path);
      if (forCustomers === 'never') expect(status, path).toBe(403);
      else if (route.path.includes('{id}')) expect(status, text).toBe(404);
      else expect(status, path).not.toBe(500);
      if (status < 300) expectNothingOf(ada, text, '');
      else expectNothingOf(ada, text, path);
    }
  });

  test.skipIf(forCustomers === 'never')('serves the customer itself', async () => {
    const things = method === 'delete' ? await thingsOf('eve@example.com', '203.0.113.99') : ada;
    for (const path of paths(things)) {
      const { status, text } = await callAs(things, method, path);
      expect([401, 403, 500], text).not.toContain(status);
      if (!route.path.includes('{link}')) expect(status, text).not.toBe(404);
    }
  });
});

test.each(['/v1/servers', '/v1/jobs', '/v1/events'])(
  '%s lists what the customer has, and nothing of others',
  async (path) => {
    const { body, text } = await callAs(bob, 'GET', `${path}?limit=200`);
    expect(text).toContain(bob.servers);
    expect(body.items.length).toBeGreaterThan(1);
    const all = await api.call('GET', `${path}?limit=200`);
    expect(all.body.items.length).toBeGreaterThan(body.items.length);
  },
);

test('subscriptions and machines are those of the customer', async () => {
  const { body } = await callAs(bob, 'GET', '/v1/subscriptions');
  expect(body.items.map((item: { id: string }) => item.id)).toEqual([bob.subscriptions]);
  const at = async (address: string) => (await callAs(bob, 'GET', `/v1/machines?address=${address}`)).body.items;
  expect(await at(bob.address)).toHaveLength(1);
  expect(await at(ada.address)).toEqual([]);
});

test('every event and every chain that a customer reads is about its servers and subscriptions', async () => {
  const own = new Set([bob.servers, bob.subscriptions, (await scene.server(bob.subscriptions))?.id, null]);
  const { body } = await callAs(bob, 'GET', '/v1/events?limit=200');
  for (const { id, serverId, subscriptionId } of body.items) {
    expect([own.has(serverId), own.has(subscriptionId), serverId ?? subscriptionId]).toEqual([
      true,
      true,
      expect.any(String),
    ]);
    const { causes } = (await callAs(bob, 'GET', `/v1/events/${id}`)).body;
    for (const cause of causes) expect([own.has(cause.serverId), own.has(cause.subscriptionId)]).toEqual([true, true]);
  }
  const why = await callAs(bob, 'GET', `/v1/why?subscription=${bob.subscriptions}`);
  expect(why.body.chain.map(({ type }: { type: string }) => type)).toContain('payment.received');
  const ids = why.body.chain.map(({ id }: { id: string }) => id);
  for (const { causes, serverId } of why.body.chain) {
    expect(own.has(serverId)).toBe(true);
    for (const cause of causes) expect(ids).toContain(cause);
  }
});

test.each(['server', 'job', 'subscription', 'machine', 'hostname', 'address'])(
  'why finds no %s of another customer',
  async (kind) => {
    const handle = (things: Things) => new URLSearchParams({ [kind]: things[queryNames[kind] ?? 'servers'] });
    expect((await callAs(bob, 'GET', `/v1/why?${handle(ada)}`)).status).toBe(404);
    expect((await callAs(bob, 'GET', `/v1/why?${handle(bob)}`)).status).toBe(200);
  },
);

test('a cause that is about another customer is left out', async () => {
  const about = { type: 'schedule.skipped', actor: 'policy', at: new Date(), detail: {} } as const;
  const [foreign, own] = ['evt-of-ada', 'evt-of-bob'];
  await api.store.recordEvent({ ...about, uid: foreign, serverId: ada.servers });
  await api.store.recordEvent({ ...about, uid: own, serverId: bob.servers, cause: foreign });
  expect((await callAs(bob, 'GET', `/v1/events/${own}`)).body.causes).toEqual([]);
  const { chain } = (await callAs(bob, 'GET', `/v1/why?server=${bob.servers}`)).body;
  expect(chain.find(({ id }: { id: string }) => id === own)).toMatchObject({ causes: [] });
  expect(JSON.stringify(chain)).not.toContain(foreign);
});

test('a customer buys for itself alone, in any spelling', async () => {
  const order = (customer: string) => ({ customer, location: 'ams' });
  expect((await callAs(bob, 'POST', '/v1/purchases', order('BOB@example.com'))).status).toBe(202);
  expect((await callAs(bob, 'POST', '/v1/purchases', order(ada.customer))).status).toBe(403);
  const pages = { successUrl: 'https://shop.test/done', cancelUrl: 'https://shop.test/back', plan: 'vc2-1c-1gb' };
  expect((await callAs(bob, 'POST', '/v1/checkouts', { ...order(ada.customer), ...pages })).status).toBe(403);
  expect((await callAs(bob, 'POST', '/v1/checkouts', { ...order(bob.customer), ...pages })).status).toBe(201);
});

test('a command on another customer’s server changes nothing', async () => {
  const before = (await api.store.readEvents({ limit: 1 })).events[0]?.id;
  for (const [method, path, body] of [
    ['POST', `/v1/servers/${ada.servers}/rebuild`, {}],
    ['POST', `/v1/servers/${ada.servers}/suspend`, { reason: 'past-due' }],
    ['DELETE', `/v1/servers/${ada.servers}`, undefined],
    ['POST', `/v1/subscriptions/${ada.subscriptions}/sync`, undefined],
    ['POST', '/v1/subscriptions/sub_unknown/sync', undefined],
  ] as const)
    expect((await callAs(bob, method, path, body)).status, path).toBe(404);
  expect((await api.store.readEvents({ limit: 1 })).events[0]?.id).toBe(before);
});

test('a link gives no right that the key does not have', async () => {
  const secret = await makeKey(api, { scopes: ['servers:write'] });
  const make = (may: string[]) => callAs({ ...bob, secret }, 'POST', `/v1/servers/${bob.servers}/link`, { may });
  expect((await make(['view', 'rebuild'])).status).toBe(201);
  for (const right of ['vpn', 'billing']) expect((await make(['view', right])).status).toBe(403);
});
