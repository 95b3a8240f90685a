import { createGate, type Gate } from './gate.ts';
import { type Dns, DnsError } from './ports/dns.ts';

/** Holds back all jobs while the DNS told us to wait, or refuses our token: none can end without it. */
export interface DnsGate extends Gate {
  /** The DNS, watched: its refusals close the gate. */
  readonly dns: Dns;
}

export function createDnsGate(inner: Dns, now: () => Date, clock: () => number = () => performance.now()): DnsGate {
  const gate = createGate((error) => (error instanceof DnsError ? error : null), now, clock);
  const dns: Dns = {
    name: inner.name,
    read: (hostname, signal) => gate.watched('read', inner.read(hostname, signal)),
    point: (hostname, addresses, signal) => gate.watched('point', inner.point(hostname, addresses, signal)),
    remove: (hostname, addresses, signal) => gate.watched('remove', inner.remove(hostname, addresses, signal)),
  };
  return { ...gate, dns };
}
