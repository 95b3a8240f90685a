import SqliteConnection from 'better-sqlite3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { listedSetting } from '#queues/payments/reconcile.ts';
import { signatureOf } from '#src/simulator/stripe/hooks.ts';
import { type Paying, startMs, startPaying, webhookSecret } from './paying.ts';

let paying: Paying;
beforeAll(async () => {
  // Neither webhooks nor polls bring an event: the test does.
  paying = await startPaying({ silent: true, settings: { STRIPE_POLL_SECONDS: '86400' } });
  // The first poll and the first listing come at the start.
  const { store } = paying.world;
  await vi.waitFor(async () => expect(await store.readSetting(listedSetting)).not.toBeNull(), 60_000);
}, startMs);
afterAll(() => paying?.close());

const checkout = z.object({ url: z.url() });
const events = z.object({ data: z.array(z.looseObject({ id: z.string(), type: z.string() })) });

/** A customer pays. Returns Stripe's event of it, as Stripe would send it. */
async function payUnheard(): Promise<{ id: string; body: string }> {
  const pages = { successUrl: 'https://shop.test/', cancelUrl: 'https://shop.test/' };
  const order = { customer: 'ada', plan: 'vc2-1c-1gb', location: 'ewr', ...pages };
  const { url } = checkout.parse(JSON.parse((await paying.ask('POST', '/v1/checkouts', order)).text));
  await fetch(url, { method: 'POST', body: new URLSearchParams({ how: 'paid' }), redirect: 'manual' });
  const { STRIPE_API_URL: stripe, STRIPE_API_KEY: key } = paying.world.stripe;
  const answer = await fetch(`${stripe}/v1/events`, { headers: { authorization: `Bearer ${key}` } });
  const { data } = events.parse(await answer.json());
  const event = data.find(({ type }) => type === 'checkout.session.completed');
  return { id: event?.id ?? '', body: JSON.stringify(event) };
}

async function send(body: string): Promise<number> {
  const signature = signatureOf(webhookSecret, body, Math.floor(Date.now() / 1_000));
  const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
  const answer = await fetch(`${paying.apiUrl}/v1/stripe/webhook`, { method: 'POST', body, headers });
  await answer.body?.cancel();
  return answer.status;
}

/** 1,000 copies, 50 at once. */
async function sendCopies(body: string): Promise<Record<number, number>> {
  const statuses: number[] = [];
  const sendSome = async () => {
    for (let copies = 0; copies < 20; copies++) statuses.push(await send(body));
  };
  await Promise.all(Array.from({ length: 50 }, sendSome));
  return Object.fromEntries(
    [...Map.groupBy(statuses, (status) => status)].map(([status, all]) => [status, all.length]),
  );
}

function rowsOf(): Record<string, unknown> {
  const connection = new SqliteConnection(paying.world.databaseFile, { readonly: true });
  const count = (from: string) => connection.prepare(`select count(*) from ${from}`).pluck().get();
  const rows = {
    notices: count('notices'),
    heard: count("events where type = 'notice.received'"),
    purchases: count('purchases'),
    servers: count('servers'),
    jobs: count('jobs'),
    payments: count('payments'),
  };
  connection.close();
  return rows;
}

const orders = async () => (await paying.world.calls()).filter(({ operation }) => operation === 'create').length;

test('1,000 copies of one event, 50 at once, and 1,000 more later, are one notice, one purchase and one machine', {
  timeout: 180_000,
}, async () => {
  const { id, body } = await payUnheard();
  expect(rowsOf()).toMatchObject({ notices: 0, purchases: 0 });
  expect(await sendCopies(body)).toEqual({ 200: 1_000 });
  const { items } = await paying.read('/v1/subscriptions', z.object({ items: z.array(z.object({ id: z.string() })) }));
  expect(items).toHaveLength(1);
  const { server } = await paying.until(items[0]?.id ?? '', { server: { status: 'running' } });
  const one = { notices: 1, heard: 1, purchases: 1, servers: 1, jobs: 1, payments: 1 };
  expect(rowsOf()).toEqual(one);
  expect(await sendCopies(body)).toEqual({ 200: 1_000 });
  expect(await paying.world.store.readNotice(id)).toMatchObject({ state: 'done', attempts: 1 });
  expect(rowsOf()).toEqual(one);
  expect([await orders(), await paying.machinesOf(server?.id ?? '')]).toEqual([1, 1]);
});
