import { describe, expect, test } from 'vitest';
import { create } from '#queues/jobs/create.ts';
import { rebuild } from '#queues/jobs/rebuild.ts';
import { cleanUpFailedMachine } from '#queues/jobs/steps/clean-up-failed.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { fakeDns } from '../../../fakes/dns.ts';
import { fakeProvider } from '../../../fakes/provider.ts';
import {
  away,
  first,
  hostname,
  type NamedScene,
  names,
  newAddress,
  oldAddress,
  second,
  served,
  watchNames,
} from '../named-scene.ts';
import { jobRow, machineRow, owner, scene } from '../scene.ts';

const neverDangling = watchNames();

const rebuilding = (changes: Partial<JobContext> = {}) =>
  served({ job: jobRow({ kind: 'rebuild', machineId: second.id }), machine: second, ...changes });

describe('a new machine', () => {
  test('gets the name once it is ready, after a checkpoint', async () => {
    const dns = fakeDns();
    const context = scene(fakeProvider(), { dns });
    const outcome = await create(context);
    expect(outcome).toMatchObject({ end: 'made', machine: { ipv4: dns.of(hostname)[0] } });
    expect(context.checkpoints()).toBe(2);
    expect(context.steps.at(-1)).toMatch(/^Pointing srv-1\.vpn\.test at/);
  });

  test('of a rebuild gets the name of the old one, which stays', async () => {
    const context = rebuilding();
    neverDangling(context);
    expect(await rebuild(context)).toMatchObject({ end: 'made', machine: { ipv4: context.dns.of(hostname)[0] } });
    expect(names(context.provider)).toEqual([first.name, second.name]);
  });

  test('changes no name if names are not configured', async () => {
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

  test('with a double loses the address of the double before the double is removed', async () => {
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
    ['the DNS cannot be read', ({ dns }: NamedScene) => dns.fail('read', away())],
    ['the DNS cannot be written', ({ dns }: NamedScene) => dns.fail('point', away())],
    ['the new record cannot be read back', ({ dns }: NamedScene) => dns.fail('point', away(), { acted: true })],
    ['the old machine is gone', ({ provider }: NamedScene) => provider.vanish('vps-1')],
    ['the old machine does not run', ({ provider }: NamedScene) => provider.alter('vps-1', { state: 'stopped' })],
  ])('keeps both machines if %s', async (_, change) => {
    const context = switched();
    change(context);
    expect(await cleanUpFailedMachine(context)).toBe('abandoned');
    expect(names(context.provider)).toContain(second.name);
  });

  test('stops at its checkpoint', async () => {
    const context = switched({ checkpoint: () => Promise.reject(new RunAborted('lock-lost')) });
    await expect(cleanUpFailedMachine(context)).rejects.toThrow(RunAborted);
    expect(context.dns.of(hostname)).toEqual([newAddress]);
  });

  test('does not change a name that points elsewhere', async () => {
    const context = switched();
    context.dns.set(hostname, ['198.51.100.7']);
    expect(await cleanUpFailedMachine(context)).toBe('gone');
    expect(context.dns.of(hostname)).toEqual(['198.51.100.7']);
  });
});

test('a create that fails for good clears the name before it removes its machine', async () => {
  const [provider, dns] = [fakeProvider(), fakeDns()];
  const { name } = machineRow();
  provider.put({ name, owner, ipv4: newAddress });
  dns.set(hostname, [newAddress]);
  const context = { ...scene(provider, { dns }), dns };
  neverDangling(context);
  expect(await cleanUpFailedMachine(context)).toBe('gone');
  expect(dns.of(hostname)).toEqual([]);
});
