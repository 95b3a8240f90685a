import { describe, expect, test, vi } from 'vitest';
import { ProviderError } from '#queues/ports/provider.ts';
import { buy, settle } from '../../db/conformance/fixture.ts';
import { ownerOf, usePasses } from './passes.ts';

const { abandoned, alertKinds, names, pass, place, rowOf } = usePasses();

describe('reporting', () => {
  test('a tagged machine without a row is reported, and never removed', async () => {
    place.provider.put({ name: 'gf-srv-lost-1', owner: ownerOf('srv-lost') });
    for (let n = 0; n < 3; n += 1) expect((await pass()).removed).toEqual([]);
    expect(await alertKinds()).toEqual(['unknown-machine']);
    const [recorded] = await place.store.readAlerts('unknown-machine');
    expect(recorded?.detail).toEqual({ machineName: 'gf-srv-lost-1', serverId: 'srv-lost', adoptedBy: null });
    expect(names()).toEqual(['gf-srv-lost-1']);
    place.provider.vanish('vps-1');
    await pass();
    expect(await alertKinds()).toEqual([]);
  });

  test('a machine that is bought during the listing is not unknown', async () => {
    place.provider.during('list', async () => {
      const { server } = await place.bought();
      place.provider.put({ name: `gf-${server.id}-1`, owner: ownerOf(server.id) });
    });
    expect((await pass()).alerts).toEqual([]);
  });

  test('a running machine that is missing in two passes is reported, and not replaced', async () => {
    const [{ server }] = [await place.running(), await place.running()];
    place.provider.vanish('vps-1');
    await pass();
    expect(await alertKinds()).toEqual([]);
    const { alerts } = await pass();
    expect(alerts).toMatchObject([{ kind: 'machine-missing', subject: server.id }]);
    expect(place.provider.count('create')).toBe(2);
  });

  test('a machine that was missing only once is not reported', async () => {
    await place.running();
    await place.running();
    const [lost] = place.provider.machines();
    place.provider.vanish('vps-1');
    await pass();
    if (lost) place.provider.put(lost);
    expect((await pass()).alerts).toEqual([]);
  });
});

test('a pass reports every machine that the cloud bills, and which of them no server needs', async () => {
  await place.running();
  place.provider.put({ name: 'gf-srv-lost-1', owner: ownerOf('srv-lost') });
  const left = await abandoned();
  const listed = place.provider.machines();
  const { billed } = await pass();
  const orphans = listed.filter(({ id }) => billed?.orphanIds.has(id)).map(({ name }) => name);
  expect(billed?.machines.map(({ id }) => id).sort()).toEqual(listed.map(({ id }) => id).sort());
  expect(orphans.sort()).toEqual(['gf-srv-lost-1', left].sort());
  expect(billed).toMatchObject({
    at: place.clock.now,
    provider: 'simulator',
    counts: { billed: 3, owned: 2, unknown: 1, missing: 0 },
  });
  place.provider.fail('list', new ProviderError('unavailable', 'Down.'));
  expect((await pass()).billed).toBeNull();
});

describe('an inventory that cannot trust its listing', () => {
  const untouched = async (kind: string, subject?: string) => {
    const before = place.provider.machines();
    const report = await pass();
    expect(report).toMatchObject({ removed: [], alerts: [{ kind, ...(subject && { subject }) }] });
    expect(await alertKinds()).toEqual([kind]);
    expect(place.provider.machines()).toEqual(before);
    expect(place.provider.count('remove')).toBe(0);
  };

  test.each(['account', 'list'] as const)('removes nothing and raises an alert if %s fails', async (operation) => {
    await abandoned();
    place.provider.fail(operation, new ProviderError('unavailable', 'Away.'));
    await untouched('provider');
  });

  test("removes nothing with another account's key", async () => {
    await place.running();
    await abandoned();
    place.provider.habits.account = 'acc-2';
    await untouched('configuration', 'account');
  });

  test('removes nothing if a machine is at a provider that is not configured', async () => {
    await abandoned();
    const { job } = await buy(place.store, { provider: 'vultr' });
    await settle(place.store, job.id, {
      end: 'made',
      machine: { providerId: 'v-1', account: 'v', ipv4: '192.0.2.9', ipv6: null },
    });
    await untouched('configuration', 'CLOUD');
  });

  test('removes nothing if every machine in service is missing: another INSTALLATION, or another project', async () => {
    await place.running();
    await place.running();
    const name = await abandoned();
    place.provider.vanish('vps-1');
    place.provider.vanish('vps-2');
    place.later(600);
    await untouched('configuration', 'listing');
    expect((await rowOf(name)).state).toBe('abandoned');
  });

  test('removes nothing and marks nothing gone with another INSTALLATION', async () => {
    const name = await abandoned();
    await place.running();
    place.later(600);
    expect((await pass({ installation: 'other' })).removed).toEqual([]);
    expect((await rowOf(name)).state).toBe('abandoned');
    expect(place.provider.machines()).toHaveLength(2);
  });

  test('keeps other alerts after a fault, and clears its own after a good pass', async () => {
    place.provider.put({ name: 'gf-srv-lost-1', owner: ownerOf('srv-lost') });
    await pass();
    place.provider.fail('list', new ProviderError('unavailable', 'Away.'));
    await pass();
    expect((await alertKinds()).sort()).toEqual(['provider', 'unknown-machine']);
    await pass();
    expect(await alertKinds()).toEqual(['unknown-machine']);
  });

  test('raises the alert if the pass runs out of time', async () => {
    const timeout = vi
      .spyOn(AbortSignal, 'timeout')
      .mockReturnValue(AbortSignal.abort(new DOMException('', 'TimeoutError')));
    expect((await pass()).alerts).toMatchObject([
      { kind: 'provider', message: expect.stringMatching(/no answer within 50 s/) },
    ]);
    timeout.mockRestore();
  });

  test('raises no alert if the pass is stopped', async () => {
    const stop = new AbortController();
    place.provider.during('list', () => stop.abort(new Error('The worker drains.')));
    await expect(pass({ stop: stop.signal })).rejects.toThrow('The worker drains.');
    expect(await alertKinds()).toEqual([]);
  });
});
