import type { Addresses, Dns } from '#queues/ports/dns.ts';
import { createFakeCalls } from './calls.ts';

export type DnsOperation = 'read' | 'point' | 'remove' | 'clear';

/** A DNS in memory that implements the Dns port and fails on demand. */
export interface FakeDns extends Dns {
  /** The calls so far, as `point srv-1.vpn.test`. */
  readonly calls: readonly string[];
  /** The addresses of a name. */
  of(hostname: string): readonly string[];
  /** Points a name like a person by hand. */
  set(hostname: string, addresses: readonly string[]): void;
  /** The next `times` calls of the operation fail; with `acted` after they took effect. */
  fail(operation: DnsOperation, error: Error, options?: { times?: number; acted?: boolean }): void;
  heal(): void;
  /** Runs after each call that changed a name. */
  afterChange(body: (hostname: string) => void): void;
}

export function fakeDns(): FakeDns {
  const names = new FakeNames();
  const { make, fail, heal } = createFakeCalls<DnsOperation>();
  const calls: string[] = [];
  const call = <T>(operation: DnsOperation, [hostname, signal]: [string, AbortSignal], act: () => T): Promise<T> => {
    signal.throwIfAborted();
    calls.push(`${operation} ${hostname}`);
    return make({ operation, signal }, act);
  };
  return {
    name: 'fake',
    read: async (hostname, signal) => call('read', [hostname, signal], () => names.of(hostname)),
    point: async (hostname, addresses, signal) =>
      call('point', [hostname, signal], () => names.point(hostname, addresses)),
    remove: async (hostname, addresses, signal) =>
      call('remove', [hostname, signal], () => names.remove(hostname, addresses)),
    clear: async (hostname, addresses, signal) =>
      call('clear', [hostname, signal], () => names.clear(hostname, [...addresses, ...names.writtenTo(hostname)])),
    calls,
    of: (hostname) => names.of(hostname),
    set: (hostname, addresses) => names.set(hostname, addresses),
    fail,
    heal,
    afterChange: (body) => void names.observers.push(body),
  };
}

class FakeNames {
  readonly observers: ((hostname: string) => void)[] = [];
  readonly #names = new Map<string, readonly string[]>();
  readonly #written = new Map<string, readonly string[]>();

  of(hostname: string): readonly string[] {
    return this.#names.get(hostname) ?? [];
  }

  writtenTo(hostname: string): readonly string[] {
    return this.#written.get(hostname) ?? [];
  }

  set(hostname: string, addresses: readonly string[]): void {
    this.#names.set(hostname, addresses);
    for (const observe of this.observers) observe(hostname);
  }

  point(hostname: string, { ipv4, ipv6 }: Addresses): boolean {
    const wanted = ipv6 === null ? [ipv4] : [ipv4, ipv6];
    if (wanted.join() === this.of(hostname).join()) return false;
    this.set(hostname, wanted);
    this.#written.set(hostname, wanted);
    return true;
  }

  remove(hostname: string, addresses: readonly string[]): void {
    const left = this.of(hostname).filter((one) => !addresses.includes(one));
    this.set(hostname, left);
  }

  /** Returns true if the name had one of the addresses. */
  clear(hostname: string, addresses: readonly string[]): boolean {
    if (!this.of(hostname).some((one) => addresses.includes(one))) return false;
    this.remove(hostname, addresses);
    return true;
  }
}
