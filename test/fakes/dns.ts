import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dns } from '#queues/ports/dns.ts';

export type DnsOperation = 'read' | 'point' | 'remove' | 'clear';

/** A DNS in memory that keeps to the Dns port, and fails on demand. */
export interface FakeDns extends Dns {
  /** The calls so far, as `point srv-1.vpn.test`. */
  readonly calls: readonly string[];
  /** The addresses of a name. */
  of(hostname: string): readonly string[];
  /** Points a name as a person would by hand. */
  set(hostname: string, addresses: readonly string[]): void;
  /** The next `times` calls of the operation fail; with `acted` after they took effect. */
  fail(operation: DnsOperation, error: Error, options?: { times?: number; acted?: boolean }): void;
  heal(): void;
  /** Runs after each call that changed a name. */
  afterChange(body: (hostname: string) => void): void;
}

export function fakeDns(): FakeDns {
  const names = new Map<string, readonly string[]>();
  const written = new Map<string, readonly string[]>();
  const calls: string[] = [];
  const hooks: ((hostname: string) => void)[] = [];
  let failures: { operation: DnsOperation; error: Error; times: number; acted: boolean }[] = [];

  const of = (hostname: string) => names.get(hostname) ?? [];
  const set = (hostname: string, addresses: readonly string[]) => {
    names.set(hostname, addresses);
    for (const hook of hooks) hook(hostname);
  };
  const call = async <T>(operation: DnsOperation, hostname: string, signal: AbortSignal, act: () => T): Promise<T> => {
    signal.throwIfAborted();
    calls.push(`${operation} ${hostname}`);
    await nextTurn();
    signal.throwIfAborted();
    const failure = failures.find((one) => one.operation === operation && one.times > 0);
    if (!failure) return act();
    failure.times -= 1;
    if (failure.acted) act();
    throw failure.error;
  };
  return {
    name: 'fake',
    read: (hostname, signal) => call('read', hostname, signal, () => of(hostname)),
    point: (hostname, { ipv4, ipv6 }, signal) =>
      call('point', hostname, signal, () => {
        const wanted = ipv6 === null ? [ipv4] : [ipv4, ipv6];
        if (wanted.join() === of(hostname).join()) return false;
        set(hostname, wanted);
        written.set(hostname, wanted);
        return true;
      }),
    remove: (hostname, addresses, signal) =>
      call('remove', hostname, signal, () =>
        set(
          hostname,
          of(hostname).filter((one) => !addresses.includes(one)),
        ),
      ),
    clear: (hostname, addresses, signal) =>
      call('clear', hostname, signal, () => {
        const going = [...addresses, ...(written.get(hostname) ?? [])];
        const left = of(hostname).filter((one) => !going.includes(one));
        if (left.length === of(hostname).length) return false;
        set(hostname, left);
        return true;
      }),
    calls,
    of,
    set,
    fail: (operation, error, { times = 1, acted = false } = {}) =>
      void failures.push({ operation, error, times, acted }),
    heal: () => {
      failures = [];
    },
    afterChange: (body) => void hooks.push(body),
  };
}
