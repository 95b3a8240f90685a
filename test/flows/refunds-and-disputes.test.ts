import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Customer, type Paying, startMs, startPaying } from './paying.ts';

const slow = { timeout: 240_000 };
const keepMs = 8_000;

let paying: Paying;
beforeAll(async () => {
  const settings = { REFUND_KEEP: `${keepMs / 1_000}s`, CANCEL_KEEP: '366d' };
  paying = await startPaying({ settings });
}, startMs);
afterAll(() => paying?.close());

const events = z.object({ items: z.array(z.object({ type: z.string() })) });
const typesOf = async ({ serverId }: Customer) =>
  (await paying.read(`/v1/events?server=${serverId}&limit=200`, events)).items.map(({ type }) => type);

/** The server has run since its purchase, on its first machine. */
async function expectUndisturbed(customer: Customer): Promise<void> {
  expect(await paying.subscription(customer.subscriptionId)).toMatchObject({
    standing: 'good',
    server: { id: customer.serverId, status: 'running' },
  });
  expect(await typesOf(customer)).not.toContain('server.suspend_requested');
  const machines = (await paying.world.machines()).map(({ label }) => label);
  expect(machines.filter((label) => label.includes(customer.serverId))).toEqual([`gf-${customer.serverId}-1`]);
}

async function expectSuspended({ subscriptionId, serverId }: Customer, reason: string): Promise<void> {
  await paying.until(subscriptionId, { standing: 'held', reason, server: { status: 'suspended' } });
  expect(await paying.machinesOf(serverId)).toBe(0);
}

async function expectDestroyed({ subscriptionId, serverId }: Customer, reason: string): Promise<void> {
  await paying.until(subscriptionId, { standing: 'over', reason });
  await paying.has(serverId, 'destroyed');
  expect(await paying.machinesOf(serverId)).toBe(0);
  expect((await paying.ask('GET', `/v1/servers/${serverId}/vpn.conf`)).status).toBe(410);
}

test(
  'a whole refund suspends and then destroys; one in part, one that failed and one with keep change nothing',
  slow,
  async () => {
    const [whole, part, failed, keep] = await Promise.all(
      ['whole', 'part', 'failed', 'keep'].map((customer) => paying.buy(customer)),
    );
    if (!whole || !part || !failed || !keep) throw new Error('There are four customers.');
    const refund = ({ subscriptionId }: Customer, body: object = {}) => paying.happen(`${subscriptionId}/refund`, body);
    await refund(part, { amount: 100 });
    await refund(failed, { status: 'failed' });
    await refund(keep, { metadata: { ghostifi: 'keep' } });
    await refund(whole);
    await expectSuspended(whole, 'refunded');
    await expectDestroyed(whole, 'refunded');
    await paying.until(part.subscriptionId, { payments: [{ amount: 900, refunded: 100 }] });
    await paying.until(keep.subscriptionId, { payments: [{ amount: 900, refunded: 900 }] });
    expect(await paying.subscription(failed.subscriptionId)).toMatchObject({
      payments: [{ amount: 900, refunded: 0 }],
    });
    for (const customer of [part, failed, keep]) await expectUndisturbed(customer);
    // What was given back in parts is given back whole in the end.
    await refund(part);
    await expectSuspended(part, 'refunded');
  },
);

test('a dispute suspends; won, the same server comes back, and lost, it is destroyed at once', slow, async () => {
  const [won, lost] = await Promise.all([paying.buy('won'), paying.buy('lost')]);
  const keys = async () => (await paying.world.store.readServerWithKeys(won.serverId))?.sealedKeys;
  const before = await keys();
  for (const { subscriptionId } of [won, lost]) await paying.happen(`${subscriptionId}/dispute`);
  await expectSuspended(won, 'disputed');
  await expectSuspended(lost, 'disputed');
  expect(await paying.subscription(won.subscriptionId)).toMatchObject({ payments: [{ disputed: 900 }] });
  await paying.happen(`${won.subscriptionId}/win`);
  await paying.happen(`${lost.subscriptionId}/lose`);
  await paying.until(won.subscriptionId, {
    standing: 'good',
    server: { id: won.serverId, status: 'running' },
    payments: [{ disputed: 0 }],
  });
  expect(await paying.machinesOf(won.serverId)).toBe(1);
  expect(await keys()).toBe(before);
  await expectDestroyed(lost, 'dispute-lost');
  expect(await paying.subscription(lost.subscriptionId)).toMatchObject({ payments: [{ disputed: 900 }] });
});

/** Presses a button on the portal's page of the simulated Stripe, which the API opens. */
async function inPortal({ subscriptionId }: Customer, what: string): Promise<void> {
  const asked = await paying.ask('POST', `/v1/subscriptions/${subscriptionId}/portal`, {
    returnUrl: 'https://shop.test/',
  });
  const { url } = z.object({ url: z.url() }).parse(JSON.parse(asked.text));
  const fields = new URLSearchParams({ do: what, subscription: subscriptionId });
  const answer = await fetch(url, { method: 'POST', body: fields, redirect: 'manual' });
  expect(answer.status).toBe(303);
}

test('a cancellation in the portal serves until its end, and its undo takes it back', slow, async () => {
  const [stays, leaves] = await Promise.all([paying.buy('stays'), paying.buy('leaves')]);
  for (const customer of [stays, leaves]) await inPortal(customer, 'cancel-at-end');
  const ending = { standing: 'good', reason: 'ending', endsAt: expect.any(String) };
  for (const { subscriptionId } of [stays, leaves]) await paying.until(subscriptionId, ending);
  await inPortal(stays, 'undo');
  await paying.until(stays.subscriptionId, { standing: 'good', reason: 'paid', endsAt: null });
  for (const customer of [stays, leaves]) await expectUndisturbed(customer);
  await paying.happen('clock', { advance: 32 * 24 * 3_600 });
  await expectSuspended(leaves, 'canceled');
  // The draft of the renewal is collected an hour later.
  await paying.happen('clock', { advance: 3_600 });
  await paying.until(stays.subscriptionId, { payments: [{ amount: 900 }, { amount: 900 }] });
  await expectUndisturbed(stays);
});
