import { expect, test } from 'vitest';
import type { Store } from '#db/store.ts';
import type { Server } from '#db/tables.ts';
import { takeInventory } from '#queues/inventory/inventory.ts';
import { DnsError } from '#queues/ports/dns.ts';
import { destroy, rebuild, resume, suspend } from '../../db/conformance/fixture.ts';
import { quiet } from '../../world.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace({ names: true });
const pass = async (store = place.store) => {
  const { provider, dns, deps } = place;
  const inventory = { store, provider, dns, installation: 'test', now: deps.now, log: quiet };
  return takeInventory(inventory, new Set(), new AbortController().signal);
};

/** A Store with a change just before its first read of the server's row. */
function onceBeforeReading(serverId: string, change: () => Promise<void>): Store {
  let isDone = false;
  const readServer: Store['readServer'] = async (id) => {
    if (id === serverId && !isDone) {
      isDone = true;
      await change();
    }
    return place.store.readServer(id);
  };
  return { ...place.store, readServer };
}

test.each([
  ['no address', []],
  ['a wrong one', ['198.51.100.7']],
  ['one too many', ['192.0.2.1', '198.51.100.7']],
])('the name of a running server that has %s is pointed at its machine', async (_, addresses) => {
  const { server } = await place.running();
  place.dns.set(server.hostname, addresses);
  await pass();
  expect(place.dns.of(server.hostname)).toEqual(['192.0.2.1']);
});

test('a name that is right costs one call, and is not changed', async () => {
  await place.running();
  const before = place.dns.calls.length;
  place.dns.afterChange((hostname) => expect.unreachable(`${hostname} was changed`));
  await pass();
  expect(place.dns.calls).toHaveLength(before + 1);
});

test.each([
  ['is being rebuilt', async (id: string) => void (await rebuild(place.store, id, { now: place.clock.now }))],
  ['has a machine that does not run', async () => place.provider.alter('vps-1', { state: 'stopped' })],
  ['has a machine that is not listed', async () => place.provider.vanish('vps-1')],
])('the name of a server that %s is not changed', async (_, change) => {
  const { server } = await place.running();
  place.dns.set(server.hostname, ['198.51.100.7']);
  await change(server.id);
  await pass();
  expect(place.dns.of(server.hostname)).toEqual(['198.51.100.7']);
});

test.each([
  ['is being rebuilt', async (id: string) => void (await rebuild(place.store, id, { now: place.clock.now }))],
  ['is to be destroyed', async (id: string) => void (await destroy(place.store, id, place.clock.now))],
])('the name of a server that %s since its row was read is not changed', async (_, change) => {
  const { server } = await place.running();
  place.dns.set(server.hostname, ['198.51.100.7']);
  await pass(onceBeforeReading(server.id, () => change(server.id)));
  expect(place.dns.of(server.hostname)).toEqual(['198.51.100.7']);
});

test('the name of a server that was rebuilt since its row was read stays at the new machine', async () => {
  const { server } = await place.running();
  const changes: string[] = [];
  const store = onceBeforeReading(server.id, async () => {
    await place.perform((await rebuild(place.store, server.id, { now: place.clock.now })).job.id);
    place.dns.afterChange((hostname) => changes.push(hostname));
  });
  await pass(store);
  expect([place.dns.of(server.hostname), changes]).toEqual([['192.0.2.2'], []]);
});

test('each pass checks five names, and every name gets its turn', async () => {
  const servers: Server[] = [];
  for (let n = 0; n < 7; n += 1) servers.push((await place.running()).server);
  for (const { hostname } of servers) place.dns.set(hostname, []);
  const corrected = () => servers.filter(({ hostname }) => place.dns.of(hostname).length > 0).length;
  await pass();
  expect(corrected()).toBe(5);
  place.later(20);
  await pass();
  expect(corrected()).toBe(7);
});

test.each([
  ['rejected', 1],
  ['no-zone', 1],
  ['unavailable', 0],
] as const)('after a name that is %s, the pass corrects %i others', async (fault, corrected) => {
  const servers = [(await place.running()).server, (await place.running()).server];
  for (const { hostname } of servers) place.dns.set(hostname, []);
  place.dns.fail('point', new DnsError(fault, 'Not this one.'));
  await pass();
  expect(servers.filter(({ hostname }) => place.dns.of(hostname).length > 0)).toHaveLength(corrected);
});

test('the inventory succeeds although the DNS does not answer', async () => {
  await place.running();
  place.dns.fail('point', new DnsError('unavailable', 'Away.'));
  expect((await pass()).alerts).toEqual([]);
});

test.each([
  ['destroyed', destroy],
  ['suspended', suspend],
] as const)('a late write to the name of a %s server is undone, and another address stays', async (_, command) => {
  const { server } = await place.running();
  await place.perform((await command(place.store, server.id, place.deps.now())).job.id);
  place.dns.set(server.hostname, ['192.0.2.1', '198.51.100.7']);
  await pass();
  expect(place.dns.of(server.hostname)).toEqual(['198.51.100.7']);
});

test('the name of a server that was resumed since its row was read is not cleared', async () => {
  const { server } = await place.running();
  await place.perform((await suspend(place.store, server.id, place.clock.now)).job.id);
  const store = onceBeforeReading(server.id, async () => {
    await place.perform((await resume(place.store, server.id, place.clock.now)).job.id);
  });
  await pass(store);
  expect(place.dns.of(server.hostname)).toEqual(['192.0.2.2']);
});

test.each(['suspend', 'resume'] as const)('the name of a server during its %s is not changed', async (kind) => {
  const { server } = await place.running();
  const suspension = await suspend(place.store, server.id, place.clock.now);
  if (kind === 'resume') {
    await place.perform(suspension.job.id);
    await resume(place.store, server.id, place.clock.now);
  }
  place.dns.set(server.hostname, ['198.51.100.7']);
  await pass();
  expect(place.dns.of(server.hostname)).toEqual(['198.51.100.7']);
});
