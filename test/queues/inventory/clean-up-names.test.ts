import { describe, expect, test } from 'vitest';
import type { Server } from '#db/tables.ts';
import { DnsError } from '#queues/ports/dns.ts';
import { destroy, rebuild, settle, suspend } from '../../db/conformance/fixture.ts';
import { ownerOf, usePasses } from './passes.ts';

const { abandoned, alertKinds, pass, place } = usePasses();

describe("a server's name", () => {
  const unavailable = () => new DnsError('unavailable', 'Unavailable.');

  /** A running server whose name points at a machine that a failed rebuild left behind. */
  async function switchedAndLeft(): Promise<Server> {
    const { server } = await place.running();
    const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
    await settle(place.store, job.id, { end: 'failed', error: 'No.', leftover: 'abandoned' }, { now: place.clock.now });
    const { ipv4 } = place.provider.put({ name: `gf-${server.id}-2`, owner: ownerOf(server.id), ipv4: '203.0.113.2' });
    place.dns.set(server.hostname, [ipv4 ?? '']);
    return server;
  }

  test('is set back before the machine that it points at is removed', async () => {
    const server = await switchedAndLeft();
    place.provider.during('remove', () => expect(place.dns.of(server.hostname)).toEqual(['192.0.2.1']));
    expect((await pass()).removed).toEqual(['vps-2']);
    expect(place.dns.of(server.hostname)).toEqual(['192.0.2.1']);
  });

  test.each(['read', 'point'] as const)(
    'keeps both machines while the DNS cannot %s, and raises an alert',
    async (operation) => {
      const server = await switchedAndLeft();
      place.dns.fail(operation, unavailable());
      expect((await pass()).removed).toEqual([]);
      expect(place.provider.machines()).toHaveLength(2);
      expect(await alertKinds()).toEqual(['machine-kept']);
      expect((await pass()).removed).toEqual(['vps-2']);
      expect(await alertKinds()).toEqual([]);
      expect(place.dns.of(server.hostname)).toEqual(['192.0.2.1']);
    },
  );

  test('keeps the machine that it points at while the current machine does not run', async () => {
    await switchedAndLeft();
    place.provider.alter('vps-1', { state: 'stopped' });
    expect((await pass()).removed).toEqual([]);
    expect(await alertKinds()).toEqual(['machine-kept']);
  });

  test('keeps the alert of its machine through passes that do not try the machine', async () => {
    await switchedAndLeft();
    place.provider.alter('vps-1', { state: 'stopped' });
    await pass();
    for (let n = 0; n < 60; n += 1) await abandoned();
    for (let n = 3; n <= 62; n += 1) place.provider.lock(`vps-${n}`, 999);
    const [first] = await place.store.readAlerts('machine-kept');
    for (let n = 0; n < 8; n += 1) {
      place.later(20);
      expect((await pass()).removed).toEqual([]);
      expect(await place.store.readAlerts('machine-kept')).toEqual([first]);
    }
    place.provider.vanish('vps-2');
    await pass();
    expect(await place.store.readAlerts('machine-kept')).toEqual([]);
  });

  test.each([
    ['destroyed', destroy],
    ['suspended', suspend],
  ] as const)('is not changed while its server is being %s', async (_, command) => {
    const server = await switchedAndLeft();
    await command(place.store, server.id, place.clock.now);
    expect((await pass()).removed).toEqual([]);
    expect(place.dns.of(server.hostname)).toEqual(['203.0.113.2']);
  });

  test('loses the address of a double, and of a machine that came after the destroy', async () => {
    const { server } = await place.running();
    const double = place.provider.put({ name: `gf-${server.id}-1`, owner: ownerOf(server.id) });
    place.dns.set(server.hostname, [double.ipv4 ?? '']);
    expect((await pass()).removed).toEqual(['vps-2']);
    expect(place.dns.of(server.hostname)).toEqual(['192.0.2.1']);
    await place.perform((await destroy(place.store, server.id, place.clock.now)).job.id);
    place.provider.put({ name: `gf-${server.id}-1`, owner: ownerOf(server.id), ipv4: '203.0.113.9' });
    place.dns.set(server.hostname, ['203.0.113.9']);
    expect((await pass()).removed).toEqual(['vps-3']);
    expect(place.dns.of(server.hostname)).toEqual([]);
  });

  test('that cannot be read ends the removals of this pass after one DNS call', async () => {
    for (let n = 0; n < 3; n += 1) await abandoned();
    place.dns.fail('read', unavailable(), { times: 99 });
    await pass();
    expect(place.dns.calls.filter((call) => call.startsWith('read'))).toHaveLength(1);
  });

  test('that the DNS refuses protects its own machine, and no other', async () => {
    for (let n = 0; n < 3; n += 1) await abandoned();
    place.dns.fail('read', new DnsError('rejected', 'Not this one.'));
    expect((await pass()).removed).toHaveLength(2);
    expect(await alertKinds()).toEqual(['machine-kept']);
  });
});
