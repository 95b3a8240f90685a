import { afterEach, expect, vi } from 'vitest';
import { DnsError } from '#queues/ports/dns.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { type FakeDns, fakeDns } from '../../fakes/dns.ts';
import { type FakeProvider, fakeProvider } from '../../fakes/provider.ts';
import { machineRow, owner, type Scene, scene, serverRow } from './scene.ts';

export const hostname = serverRow().hostname;
export const oldAddress = '203.0.113.1';
export const newAddress = '203.0.113.2';
/** The machine that is current at first. */
export const first = machineRow({ state: 'current', providerId: 'vps-1', account: 'acc-1', ipv4: oldAddress });
/** The machine that a rebuild makes. */
export const second = machineRow({ generation: 2 });

export const away = () => new DnsError('unavailable', 'Away.');
export const names = (provider: FakeProvider) => provider.machines().map(({ name }) => name);

export type NamedScene = Scene & { readonly dns: FakeDns };

/** A server whose first machine is current; its name points there. */
export function served(changes: Partial<Omit<JobContext, 'provider' | 'dns'>>): NamedScene {
  const [provider, dns] = [fakeProvider(), fakeDns()];
  provider.put({ name: first.name, owner, ipv4: oldAddress });
  dns.set(hostname, [oldAddress]);
  const server = serverRow({ status: 'running', machineId: first.id, generation: 2 });
  return { ...scene(provider, { dns, server, machines: [first, second], ...changes }), dns };
}

/**
 * Call it once in a file; it also restores the timers after each test. For a test that calls the returned function,
 * it checks afterwards that the name pointed at an existing machine at every moment.
 */
export function watchNames(): (stage: NamedScene) => void {
  const afterChecks: (() => void)[] = [];
  afterEach(() => {
    for (const check of afterChecks.splice(0)) check();
    vi.useRealTimers();
  });
  return ({ provider, dns }) => {
    const lost: string[] = [];
    const look = () => {
      const alive = provider.machines().map(({ ipv4 }) => ipv4);
      for (const address of dns.of(hostname)) if (!alive.includes(address)) lost.push(address);
    };
    dns.afterChange(look);
    for (const operation of ['list', 'find', 'account'] as const) provider.during(operation, look);
    afterChecks.push(() => expect(lost).toEqual([]));
  };
}
