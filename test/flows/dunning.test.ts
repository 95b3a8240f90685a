import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { queueName } from '#queues/bullmq/connection.ts';
import { withRedis } from '../redis.ts';
import { type Customer, type Paying, startMs, startPaying } from './paying.ts';

const graceMs = 20_000;
const keepMs = 50_000;

let paying: Paying;
beforeAll(async () => {
  const settings = { DUNNING_GRACE: `${graceMs / 1_000}s`, DUNNING_KEEP: `${keepMs / 1_000}s` };
  paying = await startPaying({ dns: true, settings });
}, startMs);
afterAll(() => paying?.close());

const config = async (serverId: string) => (await paying.ask('GET', `/v1/servers/${serverId}/vpn.conf`)).text;
const hostname = async (serverId: string) => (await paying.world.store.readServer(serverId))?.server.hostname ?? '';
const sealedKeys = async (serverId: string) => (await paying.world.store.readServerWithKeys(serverId))?.sealedKeys;

async function recordsOf(serverId: string): Promise<string[]> {
  const name = await hostname(serverId);
  return (await paying.world.records()).filter((record) => record.name === name).map(({ type }) => type);
}

/** When this happened to the server first, in ms since 1970. */
function timeOf(serverId: string, type: string): Promise<number> {
  return vi.waitFor(
    async () => {
      const { events } = await paying.world.store.readEvents({ serverId, limit: 200 });
      const found = events.findLast((event) => event.type === type);
      expect(found, type).toBeDefined();
      return found?.at.getTime() ?? 0;
    },
    { timeout: keepMs + 90_000, interval: 200 },
  );
}

/** Who published each job of the server to BullMQ. A job of the sweep waits for the provider's listing lag. */
async function publishersOf(serverId: string): Promise<unknown[]> {
  const jobs = await paying.world.store.readJobs({ serverId, limit: 50 });
  return withRedis(paying.world.redis, async (redis) => {
    const data = await Promise.all(jobs.map(({ id }) => redis.hget(`bull:${queueName}:${id}`, 'data')));
    return data.map((text) => JSON.parse(text ?? '{}').publishedBy);
  });
}

/** When the cloud and the DNS were first asked to remove something of the server since then. */
async function firstRemoval(serverId: string, since: number): Promise<number> {
  const labels = [`gf-${serverId}-`, await hostname(serverId)];
  const removals = (await paying.world.calls()).filter(
    ({ operation, label, startedAt }) =>
      /^delete/.test(operation) && startedAt >= since && labels.some((part) => label?.startsWith(part)),
  );
  return Math.min(...removals.map(({ startedAt }) => startedAt));
}

/** The renewal is not paid. Returns when the invoice became due. */
async function fail({ subscriptionId }: Customer): Promise<number> {
  await paying.happen(`${subscriptionId}/fail`);
  const { openSince } = await paying.until(subscriptionId, { standing: 'overdue', server: { status: 'running' } });
  return Date.parse(openSince ?? '');
}

/** The server was served until the end of the grace, and its machine and its name are gone soon after. */
async function expectSuspended({ serverId }: Customer, due: number): Promise<void> {
  const suspended = await timeOf(serverId, 'server.suspended');
  expect(suspended).toBeLessThanOrEqual(due + graceMs + 60_000);
  expect(await firstRemoval(serverId, due)).toBeGreaterThanOrEqual(due + graceMs);
}

test('a customer who does not pay is served for the grace, suspended, and comes back with the same file, or is destroyed', {
  timeout: 300_000,
}, async () => {
  const [alice, bob] = await Promise.all([paying.buy('alice'), paying.buy('bob')]);
  const [file, sealed] = [await config(alice.serverId), await sealedKeys(alice.serverId)];
  expect(file).toContain('PrivateKey = ');
  expect(await recordsOf(alice.serverId)).toContain('A');
  const [due, dueOfBob] = await Promise.all([fail(alice), fail(bob)]);

  await expectSuspended(alice, due);
  await expectSuspended(bob, dueOfBob);
  // By Stripe's objects: however late the looks are, this shows a limit that is a second wrong.
  const held = { standing: 'held', reason: 'past-due', since: new Date(due + graceMs).toISOString() };
  expect(await paying.subscription(alice.subscriptionId)).toMatchObject(held);
  expect([await paying.machinesOf(alice.serverId), await recordsOf(alice.serverId)]).toEqual([0, []]);
  expect(await sealedKeys(alice.serverId)).toBe(sealed);

  await paying.happen(`${alice.subscriptionId}/recover`);
  await paying.until(alice.subscriptionId, { standing: 'good', server: { id: alice.serverId, status: 'running' } });
  expect(await config(alice.serverId)).toBe(file);
  expect(await paying.machinesOf(alice.serverId)).toBe(1);
  expect(await recordsOf(alice.serverId)).toContain('A');
  // On a busy machine, the sweep may be first once.
  const publishers = (await Promise.all([publishersOf(alice.serverId), publishersOf(bob.serverId)])).flat();
  expect(publishers.length).toBeGreaterThanOrEqual(5);
  expect(publishers.filter((by) => by !== 'release').length, String(publishers)).toBeLessThanOrEqual(1);

  const destroyed = await timeOf(bob.serverId, 'server.destroyed');
  expect(await timeOf(bob.serverId, 'server.destroy_requested')).toBeGreaterThanOrEqual(dueOfBob + keepMs);
  expect(destroyed).toBeLessThanOrEqual(dueOfBob + keepMs + 60_000);
  const over = { standing: 'over', reason: 'past-due', since: new Date(dueOfBob + keepMs).toISOString() };
  expect(await paying.subscription(bob.subscriptionId)).toMatchObject(over);
  expect((await paying.ask('GET', `/v1/servers/${bob.serverId}/vpn.conf`)).status).toBe(410);
  expect([await paying.machinesOf(bob.serverId), await recordsOf(bob.serverId)]).toEqual([0, []]);
  await paying.has(alice.serverId, 'running');
});
