import { afterEach, expect, test, vi } from 'vitest';
import { type Paying, startPaying } from './paying.ts';

const slow = { timeout: 240_000 };
let paying: Paying | null = null;
afterEach(() => paying?.close());

const held = (subject: string) => expect.objectContaining({ kind: 'payment-held', subject });

/** The payment is held for want of room, nothing was ordered for it, and its alert is there at once: the API reads alerts once a second. */
async function expectHeld(service: Paying, id: string): Promise<void> {
  await service.until(id, { standing: 'good', hold: 'sold-out', server: null });
  await vi.waitFor(async () => expect(await service.alerts()).toContainEqual(held(id)), 5_000);
}

async function expectServed(service: Paying, id: string): Promise<void> {
  const { server } = await service.until(id, { hold: null, server: { status: 'running' } });
  expect(await service.machinesOf(server?.id ?? '')).toBe(1);
  await vi.waitFor(async () => expect(await service.alerts()).not.toContainEqual(held(id)), 30_000);
}

test(
  'a payment while MAX_SERVERS is reached is held with an alert, and served once a server is destroyed',
  slow,
  async () => {
    paying = await startPaying({ settings: { MAX_SERVERS: '1' } });
    // Both pages were open before the last place was sold.
    const late = await paying.checkout('late');
    const first = await paying.buy('first');
    const id = await paying.pay('late', late);
    await expectHeld(paying, id);
    const orders = (await paying.world.calls()).filter(({ operation }) => operation === 'create');
    expect(orders).toHaveLength(1);
    await paying.ask('DELETE', `/v1/servers/${first.serverId}`);
    await paying.has(first.serverId, 'destroyed');
    await expectServed(paying, id);
  },
);

test('a payment while the sale is stopped is held with an alert, and served once the sale goes on', slow, async () => {
  paying = await startPaying();
  const open = await paying.checkout('late');
  await paying.ask('POST', '/v1/sale', { open: false, reason: 'a test' });
  expect((await paying.ask('POST', '/v1/checkouts', paying.order('later'))).status).toBe(503);
  const id = await paying.pay('late', open);
  await expectHeld(paying, id);
  expect(await paying.world.machines()).toEqual([]);
  await paying.ask('POST', '/v1/sale', { open: true });
  await expectServed(paying, id);
});
