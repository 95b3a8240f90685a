import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PaymentsApi, startPaymentsApi, webhookSecrets } from './payments-api.ts';

let its: PaymentsApi;
beforeAll(async () => {
  its = await startPaymentsApi();
});
beforeEach(() => void its.published.splice(0));
afterAll(() => its.close());

const [oldSecret, newSecret] = webhookSecrets;
let made = 0;
const nextId = () => `evt_${Date.now()}${++made}`;

function snapshot(id = nextId(), changes: object = {}): string {
  const data = { object: { id: 'sub_1', object: 'subscription' } };
  const event = {
    id,
    object: 'event',
    type: 'customer.subscription.updated',
    livemode: false,
    created: 1_790_000_000,
    data,
  };
  return JSON.stringify({ ...event, ...changes }, null, 2);
}

function thin(id = nextId(), changes: object = {}): string {
  const related_object = { id: 'in_1', type: 'invoice', url: '/v1/invoices/in_1' };
  const event = {
    id,
    object: 'v2.core.event',
    type: 'v1.invoice.paid',
    livemode: false,
    created: '2026-11-01T00:00:00Z',
  };
  return JSON.stringify({ ...event, related_object, ...changes });
}

const seconds = () => Math.floor(Date.now() / 1_000);
const sign = (body: string, secret: string = newSecret, at = seconds()) =>
  `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;

/** Sends the very bytes. Several signatures are several headers. */
async function send(body: string | Buffer, signatures: string | readonly string[] = sign(String(body))) {
  const headers = new Headers({ 'content-type': 'application/json; charset=utf-8' });
  for (const one of [signatures].flat()) headers.append('stripe-signature', one);
  const response = await fetch(`${its.api.url}/v1/stripe/webhook`, { method: 'POST', body, headers });
  const answer = (await response.json()) as Readonly<Record<string, unknown>>;
  return { status: response.status, body: answer, headers: response.headers };
}

test('An event is answered once its row and its event are stored, in both forms and with both secrets', async () => {
  const bodies = [snapshot(), thin(), snapshot()];
  const secrets = [newSecret, newSecret, oldSecret];
  for (const [at, body] of bodies.entries()) {
    expect(await send(body, sign(body, secrets[at]))).toMatchObject({ status: 200, body: { received: true } });
  }
  const ids = bodies.map((body) => String(JSON.parse(body).id));
  expect(its.published).toEqual(ids);
  const rows = await Promise.all(ids.map((id) => its.api.store.readNotice(id)));
  expect(rows).toMatchObject([
    {
      form: 'snapshot',
      type: 'customer.subscription.updated',
      objectId: 'sub_1',
      subscriptionId: 'sub_1',
      state: 'received',
    },
    { form: 'thin', type: 'invoice.paid', objectId: 'in_1', subscriptionId: null, state: 'received' },
    { form: 'snapshot', livemode: false },
  ]);
  const { events } = await its.api.store.readEvents({ limit: 10 });
  expect(events.map(({ subject }) => subject)).toEqual(expect.arrayContaining(ids));
  expect(events[0]).toMatchObject({ type: 'notice.received', actor: 'stripe', uid: rows[2]?.cause });
});

test('1,000 copies of one event, 50 at once, are one notice, one event and one job, and all get 200', async () => {
  const body = snapshot();
  const statuses: number[] = [];
  const sendSome = async () => {
    for (let copies = 0; copies < 20; copies++) statuses.push((await send(body)).status);
  };
  await Promise.all(Array.from({ length: 50 }, sendSome));
  expect(statuses).toEqual(Array(1_000).fill(200));
  const id = String(JSON.parse(body).id);
  expect(its.published).toEqual([id]);
  const { events } = await its.api.store.readEvents({ limit: 50 });
  expect(events.filter(({ subject }) => subject === id)).toHaveLength(1);
});

/** Sends the head of a request whose body does not end. Returns the head of the answer. */
async function sendHalf(signature: string): Promise<{ socket: Socket; answer: Promise<string> }> {
  const { hostname, port } = new URL(its.api.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  const head = [
    'POST /v1/stripe/webhook HTTP/1.1',
    'Host: x',
    'Content-Length: 1000',
    `Stripe-Signature: ${signature}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n{`);
  return { socket, answer: once(socket, 'data').then(([data]) => String(data)) };
}

test.each(['none', `t=${seconds() - 400},v1=00`])(
  'A body with the signature %s is refused before it is read',
  async (signature) => {
    const { socket, answer } = await sendHalf(signature);
    expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  },
);

test('One address may send 64 bodies at once that nobody has verified; the next one gets 429', async () => {
  const halves = await Promise.all(Array.from({ length: 64 }, () => sendHalf(sign('other'))));
  await vi.waitFor(async () => expect((await send(snapshot())).status).toBe(429));
  const { headers } = await send(snapshot());
  expect(headers.get('retry-after')).toBe('5');
  for (const { socket } of halves) socket.destroy();
  await vi.waitFor(async () => expect((await send(snapshot())).status).toBe(200));
});

describe('At a time that stands still, an event', () => {
  const time = seconds();
  const signed = (body: string, age = 0, secret: string = newSecret) => sign(body, secret, time - age);
  const body = snapshot('evt_refused');
  const now = () => new Date(time * 1_000);
  let real: () => Date;
  beforeAll(() => {
    real = its.api.services.now;
    Object.assign(its.api.services, { now });
  });
  afterAll(() => void Object.assign(its.api.services, { now: real }));

  test.for<[string, string, string | readonly string[]]>([
    ['if its body was changed', body.replace('sub_1', 'sub_2'), signed(body)],
    ['if its JSON was written again', JSON.stringify(JSON.parse(body)), signed(body)],
    ['if it was signed 301 s ago', body, signed(body, 301)],
    ['if it was signed 301 s ahead', body, signed(body, -301)],
    ['with another secret', body, signed(body, 0, 'whsec_of_a_stranger_to_the_tests')],
    ['without a signature', body, []],
    ['with an empty signature', body, 't=,v1='],
    ['with the header twice', body, [signed(body), signed(body)]],
    ['with the signature of an older scheme', body, signed(body).replace('v1=', 'v0=')],
  ])('is refused %s, and nothing is written', async ([, sent, signatures]) => {
    const { status, body: problem } = await send(sent, signatures);
    expect([status, problem.type]).toEqual([400, 'urn:ghostifi:problem:signature-invalid']);
    expect(await its.api.store.readNotice('evt_refused')).toBe(null);
    expect(its.published).toEqual([]);
  });

  test.for([300, -300])('is accepted if it was signed %i s ago', async (age) => {
    const accepted = snapshot();
    expect((await send(accepted, signed(accepted, age))).status).toBe(200);
  });
});

test('A body of 900 kB is accepted, one of 2 MB is not', async () => {
  const pad = (bytes: number) => snapshot(nextId(), { pad: 'x'.repeat(bytes) });
  expect((await send(pad(900_000))).status).toBe(200);
  expect(await send(pad(2_000_000))).toMatchObject({
    status: 413,
    body: { type: 'urn:ghostifi:problem:body-too-large' },
  });
});

test.for<[string, string]>([
  ['of the other mode', snapshot('evt_other', { livemode: true })],
  ['of a connected account', snapshot('evt_other', { account: 'acct_1' })],
  ['of a connected account in the thin form', thin('evt_other', { context: 'acct_1' })],
  ['of a type that is not used', snapshot('evt_other', { type: 'customer.updated' })],
])('An event %s is answered and ignored', async ([, body]) => {
  expect((await send(body)).status).toBe(200);
  expect(await its.api.store.readNotice('evt_other')).toBe(null);
  expect(its.published).toEqual([]);
});

test.for(['[]', '{}', 'null', '{"object":"event"}', 'no json'])(
  'A signed body that is no event (%s) is refused',
  async (body) => {
    expect(await send(body)).toMatchObject({ status: 400, body: { type: 'urn:ghostifi:problem:malformed' } });
  },
);

test('Without payments, or without a signing secret, nothing is accepted', async () => {
  const { services } = its.api;
  const { payments } = services;
  for (const without of [null, payments && { ...payments, verify: null }]) {
    Object.assign(services, { payments: without });
    expect(await send(snapshot())).toMatchObject({
      status: 503,
      body: { type: 'urn:ghostifi:problem:payments-unavailable' },
    });
  }
  Object.assign(services, { payments });
});

test('Only bad signatures are limited', async () => {
  const limited = await startPaymentsApi({ rateLimitPerAddress: 5 });
  const before = its;
  its = limited;
  for (let sent = 0; sent < 20; sent++) expect((await send(snapshot())).status).toBe(200);
  for (let bad = 0; bad < limited.badSignatures; bad++) expect((await send(snapshot(), 't=1,v1=2')).status).toBe(400);
  const refused = await send(snapshot());
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await limited.close();
  its = before;
});

test('No log line and no event has a signature or a secret', async () => {
  const body = snapshot();
  const signature = sign(body);
  await send(body, signature);
  await send(body, sign(body, oldSecret).replace(/.$/, 'x'));
  const { events } = await its.api.store.readEvents({ limit: 100 });
  const text = JSON.stringify([its.api.surroundings.log, events]);
  expect(text).toContain('notice.received');
  for (const secret of [...webhookSecrets, signature, 'v1=']) expect(text).not.toContain(secret);
});
