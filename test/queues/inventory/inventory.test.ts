import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Store } from '#db/store.ts';
import type { Machine, Server } from '#db/tables.ts';
import { type InventoryReport, takeInventory } from '#queues/inventory/inventory.ts';
import { DnsError } from '#queues/ports/dns.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { buy, destroy, rebuild, settle } from '../../db/conformance/fixture.ts';
import { quiet } from '../../world.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace({ names: true });
const { signal } = new AbortController();

let missing: ReadonlySet<string>;
beforeEach(() => {
  missing = new Set();
});
const pass = async (
  changes: { installation?: string; stop?: AbortSignal; store?: Store } = {},
): Promise<InventoryReport> => {
  const { stop = signal, installation = 'test', store = place.store } = changes;
  const { provider, dns, deps } = place;
  const report = await takeInventory({ store, provider, dns, installation, now: deps.now, log: quiet }, missing, stop);
  missing = report.missing;
  return report;
};
const alertKinds = async () => {
  const [unservedSince, slowSince] = [new Date(0), new Date(0)];
  return (await place.store.readTroubles({ unservedSince, slowSince })).recorded.map(({ kind }) => kind);
};
const names = () => place.provider.machines().map(({ name }) => name);
const ownerOf = (serverId: string) => ({ installation: 'test', serverId });

/** A failed purchase whose machine is left to the inventory. */
async function abandoned(): Promise<string> {
  const { server, job } = await place.bought();
  await settle(place.store, job.id, { end: 'failed', error: 'No.', leftover: 'abandoned' }, { now: place.clock.now });
  place.provider.put({ name: `gf-${server.id}-1`, owner: ownerOf(server.id) });
  return `gf-${server.id}-1`;
}
const rowOf = async (name: string): Promise<Partial<Machine>> => (await place.store.readMachine(name))?.machine ?? {};

const orderRemoval = (providerId: string, name: string) =>
  place.store.orderRemoval({ providerId, name, orderedBy: 'ada', orderedAt: place.clock.now });

describe('a machine without a row', () => {
  const unknown = () => place.provider.put({ name: 'gf-lost-1', owner: ownerOf('lost') });
  const order = (name: string) => orderRemoval('vps-1', name);

  test('goes when an operator names it, and only it', async () => {
    unknown();
    place.provider.put({ name: 'gf-lost-2', owner: ownerOf('lost') });
    await pass();
    await order('gf-lost-1');
    expect((await pass()).removed).toEqual(['vps-1']);
    expect(names()).toEqual(['gf-lost-2']);
    expect(await alertKinds()).toEqual(['unknown-machine']);
  });

  test('stays when its name is another than the operator says', async () => {
    unknown();
    await order('gf-lost-2');
    expect((await pass()).removed).toEqual([]);
    expect(await alertKinds()).toEqual(['unknown-machine']);
  });

  test('stays when the order is older than an hour', async () => {
    unknown();
    await order('gf-lost-1');
    place.later(3_601);
    expect((await pass()).removed).toEqual([]);
  });

  test('stays, whoever orders what, while its server runs by its row and has no other machine', async () => {
    const { server } = await place.running();
    place.provider.vanish('vps-1');
    const { id } = place.provider.put({ name: `gf-${server.id}-2`, owner: ownerOf(server.id) });
    await orderRemoval(id, `gf-${server.id}-2`);
    const report = await pass();
    expect([report.removed, names()]).toEqual([[], [`gf-${server.id}-2`]]);
    expect(report.alerts.find(({ kind }) => kind === 'unknown-machine')?.message).toMatch(/belongs to server.*rebuild/);
  });

  test('that has a row is not removed by an order', async () => {
    const { server } = await place.running();
    await order(`gf-${server.id}-1`);
    expect((await pass()).removed).toEqual([]);
  });

  test('that a rebuild takes over during the pass stays', async () => {
    const { server } = await place.running();
    const { id, name } = place.provider.put({ name: `gf-${server.id}-2`, owner: ownerOf(server.id) });
    await orderRemoval(id, name);
    const { get } = place.provider;
    vi.spyOn(place.provider, 'get').mockImplementation(async (...args) => {
      if (!(await place.store.readMachine(name))) await rebuild(place.store, server.id, { now: place.clock.now });
      return get(...args);
    });
    expect((await pass()).removed).toEqual([]);
    expect(names()).toContain(name);
  });

  test('that cannot be removed now is asked for again by the next pass', async () => {
    unknown();
    await order('gf-lost-1');
    place.provider.lock('vps-1', 1);
    expect((await pass()).removed).toEqual([]);
    expect((await pass()).removed).toEqual(['vps-1']);
  });
});

describe('removing', () => {
  test('an abandoned machine goes, and its row is marked gone by a later pass', async () => {
    const name = await abandoned();
    place.later(60);
    expect((await pass()).removed).toEqual(['vps-1']);
    expect(names()).toEqual([]);
    expect((await rowOf(name)).state).toBe('abandoned');
    await pass();
    expect((await rowOf(name)).state).toBe('gone');
  });

  test('the machine of a destroyed server that came late goes', async () => {
    const { server } = await place.running();
    await place.perform((await destroy(place.store, server.id, place.clock.now)).job.id);
    place.provider.put({ name: `gf-${server.id}-1`, owner: ownerOf(server.id) });
    expect((await pass()).removed).toHaveLength(1);
    expect(names()).toEqual([]);
  });

  test('a double of a running machine goes, and the customer keeps theirs', async () => {
    const { server } = await place.running();
    place.provider.put({ name: `gf-${server.id}-1`, owner: ownerOf(server.id) });
    expect((await pass()).removed).toEqual(['vps-2']);
    expect(place.provider.machines().map(({ id }) => id)).toEqual(['vps-1']);
  });

  test('at most five go in a pass', async () => {
    for (let n = 0; n < 7; n += 1) await abandoned();
    expect((await pass()).removed).toHaveLength(5);
    expect((await pass()).removed).toHaveLength(2);
  });

  test('machines that cannot be removed now do not keep others from it', async () => {
    for (let n = 0; n < 7; n += 1) await abandoned();
    for (let n = 1; n <= 6; n += 1) place.provider.lock(`vps-${n}`, 99);
    const report = await pass();
    expect(report.removed).toEqual(['vps-7']);
    expect(report.alerts).toEqual([]);
  });

  test.each(['not-allowed', 'rate-limited'] as const)(
    'a provider that answers %s to a delete is asked for no other, and what is unknown is told all the same',
    async (fault) => {
      for (let n = 0; n < 2; n += 1) await abandoned();
      place.provider.put({ name: 'gf-lost-1', owner: ownerOf('lost') });
      place.provider.fail('remove', new ProviderError(fault, 'No.'), { times: 99 });
      expect((await pass()).removed).toEqual([]);
      expect(place.provider.count('remove')).toBe(1);
      expect(await alertKinds()).toEqual(['unknown-machine']);
    },
  );

  test('the label is read again right before the delete', async () => {
    await abandoned();
    await abandoned();
    place.provider.during('get', () => {
      place.provider.alter('vps-1', { owner: null });
      place.provider.alter('vps-2', { name: 'renamed' });
    });
    expect((await pass()).removed).toEqual([]);
    expect(place.provider.machines()).toHaveLength(2);
  });

  test('the row is read again right before the delete', async () => {
    await abandoned();
    const readMachine: Store['readMachine'] = async (name) => {
      const row = await place.store.readMachine(name);
      return row && { ...row, machine: { ...row.machine, state: 'current' } };
    };
    expect((await pass({ store: { ...place.store, readMachine } })).removed).toEqual([]);
    expect(place.provider.machines()).toHaveLength(1);
  });

  test('what runs, what is planned, and what is none of ours stays', async () => {
    const { server } = await place.running();
    const { server: planned } = await place.bought();
    place.provider.put({ name: `gf-${planned.id}-1`, owner: ownerOf(planned.id) });
    place.provider.put({ name: 'somebody-elses', owner: { installation: 'staging', serverId: server.id } });
    place.provider.put({ name: 'untagged', owner: null });
    expect(await pass()).toMatchObject({ removed: [], alerts: [] });
    expect(place.provider.machines()).toHaveLength(4);
  });
});

describe("a server's name", () => {
  const isAway = () => new DnsError('unavailable', 'Away.');

  /** A running server with a machine that a failed rebuild has left, at which its name points. */
  async function switchedAndLeft(): Promise<Server> {
    const { server } = await place.running();
    const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
    await settle(place.store, job.id, { end: 'failed', error: 'No.', leftover: 'abandoned' }, { now: place.clock.now });
    const { ipv4 } = place.provider.put({ name: `gf-${server.id}-2`, owner: ownerOf(server.id), ipv4: '203.0.113.2' });
    place.dns.set(server.hostname, [ipv4 ?? '']);
    return server;
  }

  test('is set back before the machine goes that it points at', async () => {
    const server = await switchedAndLeft();
    place.provider.during('remove', () => expect(place.dns.of(server.hostname)).toEqual(['192.0.2.1']));
    expect((await pass()).removed).toEqual(['vps-2']);
    expect(place.dns.of(server.hostname)).toEqual(['192.0.2.1']);
  });

  test.each(['read', 'point'] as const)(
    'keeps both machines while the DNS cannot %s, and a person is told',
    async (operation) => {
      const server = await switchedAndLeft();
      place.dns.fail(operation, isAway());
      expect((await pass()).removed).toEqual([]);
      expect(place.provider.machines()).toHaveLength(2);
      expect(await alertKinds()).toEqual(['machine-kept']);
      expect((await pass()).removed).toEqual(['vps-2']);
      expect(await alertKinds()).toEqual([]);
      expect(place.dns.of(server.hostname)).toEqual(['192.0.2.1']);
    },
  );

  test('keeps the machine that it points at while the one that should serve is not there', async () => {
    await switchedAndLeft();
    place.provider.alter('vps-1', { state: 'stopped' });
    expect((await pass()).removed).toEqual([]);
    expect(await alertKinds()).toEqual(['machine-kept']);
  });

  test('is not changed while its server is being destroyed', async () => {
    const server = await switchedAndLeft();
    await destroy(place.store, server.id, place.clock.now);
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

  test('that cannot be asked for keeps no later machine waiting in this pass', async () => {
    for (let n = 0; n < 3; n += 1) await abandoned();
    place.dns.fail('read', isAway(), { times: 99 });
    await pass();
    expect(place.dns.calls.filter((call) => call.startsWith('read'))).toHaveLength(1);
  });

  test('that is refused keeps its own machine, and no other', async () => {
    for (let n = 0; n < 3; n += 1) await abandoned();
    place.dns.fail('read', new DnsError('rejected', 'Not this one.'));
    expect((await pass()).removed).toHaveLength(2);
    expect(await alertKinds()).toEqual(['machine-kept']);
  });
});

describe('reporting', () => {
  test('a tagged machine without a row is reported, and never removed', async () => {
    place.provider.put({ name: 'gf-srv-lost-1', owner: ownerOf('srv-lost') });
    for (let n = 0; n < 3; n += 1) expect((await pass()).removed).toEqual([]);
    expect(await alertKinds()).toEqual(['unknown-machine']);
    expect(names()).toEqual(['gf-srv-lost-1']);
    place.provider.vanish('vps-1');
    await pass();
    expect(await alertKinds()).toEqual([]);
  });

  test('a server that is bought while the machines are listed is not unknown', async () => {
    place.provider.during('list', async () => {
      const { server } = await place.bought();
      place.provider.put({ name: `gf-${server.id}-1`, owner: ownerOf(server.id) });
    });
    expect((await pass()).alerts).toEqual([]);
  });

  test('a running machine that is missing in two passes is reported, and no other is made', async () => {
    const [{ server }] = [await place.running(), await place.running()];
    place.provider.vanish('vps-1');
    await pass();
    expect(await alertKinds()).toEqual([]);
    const { alerts } = await pass();
    expect(alerts).toMatchObject([{ kind: 'machine-missing', subject: server.id }]);
    expect(place.provider.count('create')).toBe(2);
  });

  test('one that was missing only once is not', async () => {
    await place.running();
    await place.running();
    const [lost] = place.provider.machines();
    place.provider.vanish('vps-1');
    await pass();
    if (lost) place.provider.put(lost);
    expect((await pass()).alerts).toEqual([]);
  });
});

describe('a listing that proves nothing', () => {
  const untouched = async (kind: string, subject?: string) => {
    const before = place.provider.machines();
    const report = await pass();
    expect(report).toMatchObject({ removed: [], alerts: [{ kind, ...(subject && { subject }) }] });
    expect(await alertKinds()).toEqual([kind]);
    expect(place.provider.machines()).toEqual(before);
    expect(place.provider.count('remove')).toBe(0);
  };

  test.each(['account', 'list'] as const)(
    'when %s fails, nothing is removed and somebody is told',
    async (operation) => {
      await abandoned();
      place.provider.fail(operation, new ProviderError('unavailable', 'Away.'));
      await untouched('provider');
    },
  );

  test("another account's key", async () => {
    await place.running();
    await abandoned();
    place.provider.habits.account = 'acc-2';
    await untouched('configuration', 'account');
  });

  test('a machine at a provider that is not configured', async () => {
    await abandoned();
    const { job } = await buy(place.store, { provider: 'vultr' });
    await settle(place.store, job.id, {
      end: 'made',
      machine: { providerId: 'v-1', account: 'v', ipv4: '192.0.2.9', ipv6: null },
    });
    await untouched('configuration', 'CLOUD');
  });

  test('all that customers use is missing at once: another INSTALLATION, or another project', async () => {
    await place.running();
    await place.running();
    const name = await abandoned();
    place.provider.vanish('vps-1');
    place.provider.vanish('vps-2');
    place.later(600);
    await untouched('configuration', 'listing');
    expect((await rowOf(name)).state).toBe('abandoned');
  });

  test('another INSTALLATION removes nothing and marks nothing gone', async () => {
    const name = await abandoned();
    await place.running();
    place.later(600);
    expect((await pass({ installation: 'other' })).removed).toEqual([]);
    expect((await rowOf(name)).state).toBe('abandoned');
    expect(place.provider.machines()).toHaveLength(2);
  });

  test('a fault keeps the alerts that it cannot judge, and a good pass clears it', async () => {
    place.provider.put({ name: 'gf-srv-lost-1', owner: ownerOf('srv-lost') });
    await pass();
    place.provider.fail('list', new ProviderError('unavailable', 'Away.'));
    await pass();
    expect((await alertKinds()).sort()).toEqual(['provider', 'unknown-machine']);
    await pass();
    expect(await alertKinds()).toEqual(['unknown-machine']);
  });

  test('a provider that lets the pass run out of time is told of as well', async () => {
    const timeout = vi
      .spyOn(AbortSignal, 'timeout')
      .mockReturnValue(AbortSignal.abort(new DOMException('', 'TimeoutError')));
    expect((await pass()).alerts).toMatchObject([
      { kind: 'provider', message: expect.stringMatching(/no answer within 50 s/) },
    ]);
    timeout.mockRestore();
  });

  test('a pass that is stopped tells of nothing', async () => {
    const stop = new AbortController();
    place.provider.during('list', () => stop.abort(new Error('The worker drains.')));
    await expect(pass({ stop: stop.signal })).rejects.toThrow('The worker drains.');
    expect(await alertKinds()).toEqual([]);
  });
});

describe('marking gone', () => {
  test('only past the lag of the list, and where a second look agrees', async () => {
    const name = await abandoned();
    place.provider.vanish('vps-1');
    await pass();
    expect((await rowOf(name)).state).toBe('abandoned');
    place.later(60);
    const { server } = (await place.store.readMachine(name)) ?? {};
    place.provider.during('find', () => {
      if (server && place.provider.machines().length === 0)
        place.provider.put({ name, owner: { installation: 'test', serverId: server.id } });
    });
    await pass();
    expect((await rowOf(name)).state).toBe('abandoned');
  });
});
