import { afterEach, describe, expect, test, vi } from 'vitest';
import { create } from '#queues/jobs/create.ts';
import { destroy } from '#queues/jobs/destroy.ts';
import { rebuild } from '#queues/jobs/rebuild.ts';
import { retire } from '#queues/jobs/retire.ts';
import { cleanUpFailedMachine } from '#queues/jobs/steps/clean-up-failed.ts';
import { DnsError } from '#queues/ports/dns.ts';
import { type JobContext, RunAborted } from '#queues/ports/job-context.ts';
import { type FakeDns, fakeDns } from '../../../fakes/dns.ts';
import { type FakeProvider, fakeProvider } from '../../../fakes/provider.ts';
import { jobRow, machineRow, owner, type Scene, scene, serverRow } from '../scene.ts';

afterEach(() => void vi.useRealTimers());

const hostname = serverRow().hostname;
const away = () => new DnsError('unavailable', 'Away.');
const oldAddress = '203.0.113.1';
const newAddress = '203.0.113.2';
const first = machineRow({ state: 'current', providerId: 'vps-1', account: 'acc-1', ipv4: oldAddress });
const second = machineRow({ generation: 2 });
const names = (provider: FakeProvider) => provider.machines().map(({ name }) => name);

type Stage = Scene & { readonly dns: FakeDns };

/** A server whose first machine serves it, and its name points there. */
function served(changes: Partial<Omit<JobContext, 'provider' | 'dns'>>): Stage {
  const [provider, dns] = [fakeProvider(), fakeDns()];
  provider.put({ name: first.name, owner, ipv4: oldAddress });
  dns.set(hostname, [oldAddress]);
  const server = serverRow({ status: 'running', machineId: first.id, generation: 2 });
  return { ...scene(provider, { dns, server, machines: [first, second], ...changes }), dns };
}

const rebuilding = (changes: Partial<JobContext> = {}) =>
  served({ job: jobRow({ kind: 'rebuild', machineId: second.id }), machine: second, ...changes });

/** No machine that the name points at may be missing at any moment. */
function neverDangling({ provider, dns }: Stage): void {
  const lost: string[] = [];
  const look = () => {
    const alive = provider.machines().map(({ ipv4 }) => ipv4);
    for (const address of dns.of(hostname)) if (!alive.includes(address)) lost.push(address);
  };
  dns.afterChange(look);
  for (const operation of ['list', 'find', 'account'] as const) provider.during(operation, look);
  afterChecks.push(() => expect(lost).toEqual([]));
}
const afterChecks: (() => void)[] = [];
afterEach(() => {
  for (const check of afterChecks.splice(0)) check();
});

describe('a new machine', () => {
  test('gets the name once it is of use, behind a checkpoint', async () => {
    const dns = fakeDns();
    const context = scene(fakeProvider(), { dns });
    const outcome = await create(context);
    expect(outcome).toMatchObject({ end: 'made', machine: { ipv4: dns.of(hostname)[0] } });
    expect(context.checkpoints()).toBe(2);
    expect(context.steps.at(-1)).toMatch(/^Pointing srv-1\.vpn\.test at/);
  });

  test('of a rebuild gets it from the old one, which stays', async () => {
    const context = rebuilding();
    neverDangling(context);
    expect(await rebuild(context)).toMatchObject({ end: 'made', machine: { ipv4: context.dns.of(hostname)[0] } });
    expect(names(context.provider)).toEqual([first.name, second.name]);
  });

  test('without names changes none', async () => {
    expect(await create(scene(fakeProvider()))).toMatchObject({ end: 'made' });
  });

  test('is not reported as made while its name cannot be read back', async () => {
    const dns = fakeDns();
    const context = scene(fakeProvider(), { dns });
    dns.fail('point', away(), { acted: true });
    await expect(create(context)).rejects.toThrow('Away.');
    expect(await create(context)).toMatchObject({ end: 'made' });
    expect(context.provider.count('create')).toBe(1);
  });

  test('of which there are two leaves the name before the younger goes', async () => {
    const dns = fakeDns();
    const provider = fakeProvider();
    const { name } = machineRow();
    provider.put({ name, owner, ipv4: oldAddress });
    provider.put({ name, owner, ipv4: newAddress });
    dns.set(hostname, [newAddress]);
    const context = { ...scene(provider, { dns }), dns };
    neverDangling(context);
    await create(context);
    expect(dns.of(hostname)).toEqual([oldAddress]);
  });
});

describe('a rebuild that fails after the switch', () => {
  const switched = (changes: Partial<JobContext> = {}) => {
    const context = rebuilding(changes);
    context.provider.put({ name: second.name, owner, ipv4: newAddress });
    context.dns.set(hostname, [newAddress]);
    return context;
  };

  test('is set back before its machine goes', async () => {
    const context = switched();
    neverDangling(context);
    expect(await cleanUpFailedMachine(context)).toBe('gone');
    expect(context.dns.of(hostname)).toEqual([oldAddress]);
    expect(names(context.provider)).toEqual([first.name]);
  });

  test.each([
    ['the DNS cannot be read', ({ dns }: Stage) => dns.fail('read', away())],
    ['the DNS cannot be written', ({ dns }: Stage) => dns.fail('point', away())],
    ['what was written cannot be read back', ({ dns }: Stage) => dns.fail('point', away(), { acted: true })],
    ['the old machine is not there any more', ({ provider }: Stage) => provider.vanish('vps-1')],
    ['the old machine does not run', ({ provider }: Stage) => provider.alter('vps-1', { state: 'stopped' })],
  ])('keeps both machines where %s', async (_, spoil) => {
    const context = switched();
    spoil(context);
    expect(await cleanUpFailedMachine(context)).toBe('abandoned');
    expect(names(context.provider)).toContain(second.name);
  });

  test('goes no further than its checkpoint', async () => {
    const context = switched({ checkpoint: () => Promise.reject(new RunAborted('lock-lost')) });
    await expect(cleanUpFailedMachine(context)).rejects.toThrow(RunAborted);
    expect(context.dns.of(hostname)).toEqual([newAddress]);
  });

  test('leaves a name alone that points elsewhere', async () => {
    const context = switched();
    context.dns.set(hostname, ['198.51.100.7']);
    expect(await cleanUpFailedMachine(context)).toBe('gone');
    expect(context.dns.of(hostname)).toEqual(['198.51.100.7']);
  });
});

test('a create that fails for good takes its machine from the name before it removes it', async () => {
  const [provider, dns] = [fakeProvider(), fakeDns()];
  const { name } = machineRow();
  provider.put({ name, owner, ipv4: newAddress });
  dns.set(hostname, [newAddress]);
  const context = { ...scene(provider, { dns }), dns };
  neverDangling(context);
  expect(await cleanUpFailedMachine(context)).toBe('gone');
  expect(dns.of(hostname)).toEqual([]);
});

describe('a retire', () => {
  const old = machineRow({ state: 'replaced', providerId: 'vps-1', account: 'acc-1', ipv4: oldAddress });
  const successor = machineRow({
    generation: 2,
    state: 'current',
    providerId: 'vps-2',
    account: 'acc-1',
    ipv4: newAddress,
  });
  const retiring = () => {
    const context = served({
      job: jobRow({ kind: 'retire', line: old.id, machineId: old.id }),
      machine: old,
      machines: [old, successor],
      server: serverRow({ status: 'running', machineId: successor.id, generation: 2 }),
    });
    context.provider.put({ name: successor.name, owner, ipv4: newAddress });
    return context;
  };

  test('changes no name that points at the successor', async () => {
    const context = retiring();
    context.dns.set(hostname, [newAddress]);
    await retire(context);
    expect(context.dns.calls.filter((call) => !call.startsWith('read'))).toEqual([]);
    expect(names(context.provider)).toEqual([successor.name]);
  });

  test('points a name at the successor that still points at the old machine', async () => {
    const context = retiring();
    neverDangling(context);
    await retire(context);
    expect(context.dns.of(hostname)).toEqual([newAddress]);
    expect(names(context.provider)).toEqual([successor.name]);
  });

  test('does so too where the old machine is gone by somebody else’s hand', async () => {
    const context = retiring();
    context.provider.vanish('vps-1');
    await retire(context);
    expect(context.dns.of(hostname)).toEqual([newAddress]);
  });

  test.each(['read', 'point'] as const)('removes nothing while the DNS does not %s', async (operation) => {
    const context = retiring();
    context.dns.fail(operation, away());
    await expect(retire(context)).rejects.toThrow('Away.');
    expect(names(context.provider)).toEqual([old.name, successor.name]);
  });

  test('removes nothing while the successor, which the name should point at, does not run', async () => {
    const context = retiring();
    context.provider.vanish('vps-2');
    await expect(retire(context)).rejects.toThrow(/stays: srv-1\.vpn\.test points at it/);
    expect(names(context.provider)).toEqual([old.name]);
  });
});

describe('a destroy', () => {
  const destroying = () =>
    served({
      job: jobRow({ kind: 'destroy', machineId: null }),
      machine: null,
      server: serverRow({ status: 'destroying', machineId: first.id }),
    });

  test('takes the addresses of all its machines from the name, and then removes them', async () => {
    const context = destroying();
    neverDangling(context);
    expect(await destroy(context)).toEqual({ end: 'removed' });
    expect(context.dns.of(hostname)).toEqual([]);
    expect(context.provider.machines()).toEqual([]);
  });

  test('also takes the address of a machine that no row has confirmed', async () => {
    const context = destroying();
    neverDangling(context);
    context.provider.put({ name: second.name, owner, ipv4: newAddress });
    context.dns.set(hostname, [newAddress]);
    await destroy(context);
    expect(context.dns.of(hostname)).toEqual([]);
  });

  test('takes the address of a machine that is gone by somebody else’s hand', async () => {
    const context = destroying();
    context.provider.vanish('vps-1');
    await destroy(context);
    expect(context.dns.of(hostname)).toEqual([]);
  });

  test('takes an address that a run gave the name and never settled, though its machine is gone', async () => {
    const context = destroying();
    await context.dns.point(hostname, { ipv4: newAddress, ipv6: null }, context.signal);
    await destroy(context);
    expect(context.dns.of(hostname)).toEqual([]);
  });

  test('leaves what is not ours by its content', async () => {
    const context = destroying();
    context.dns.set(hostname, [oldAddress, '198.51.100.7']);
    await destroy(context);
    expect(context.dns.of(hostname)).toEqual(['198.51.100.7']);
  });

  test('removes no machine while the name cannot be cleared', async () => {
    const context = destroying();
    context.dns.fail('clear', away(), { acted: true });
    await expect(destroy(context)).rejects.toThrow('Away.');
    expect(names(context.provider)).toEqual([first.name]);
  });
});
