import type { DnsGate } from '#queues/gates/dns-gate.ts';
import type { ProviderGate } from '#queues/gates/provider-gate.ts';
import { capacityPauseMs, notAllowedPauseMs, probeBlockedPauseMs } from '#queues/limits.ts';
import { DnsError } from '#queues/ports/dns.ts';
import { OrderingStopped } from '#queues/ports/job-errors.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { ProbeBlockedError, VpnKeysError } from '#queues/ports/vpn.ts';

/** Everything that can hold back all jobs. */
export interface Gates {
  readonly providerGate: ProviderGate;
  /** null: the service keeps no names. */
  readonly dnsGate: DnsGate | null;
}

const busyProviderPauseMs = 5_000;
const dnsOutagePauseMs = 15_000;
const unreachablePauseMs = 5_000;

/** Why, and for how long, all jobs are delayed now; null: they may run. */
export function pauseNow({ providerGate, dnsGate }: Gates): { readonly ms: number; readonly reason: string } | null {
  const closed = [
    { service: 'provider', ms: providerGate.waitMs(), fault: providerGate.fault() },
    { service: 'DNS', ms: dnsGate?.waitMs() ?? 0, fault: dnsGate?.fault() ?? null },
  ].filter(({ ms }) => ms > 0);
  const [longest] = closed.sort((a, b) => b.ms - a.ms);
  if (!longest) return null;
  return { ms: longest.ms, reason: `The ${longest.service} accepts no calls at the moment (${longest.fault}).` };
}

/** How long to delay a job after an error that is not its fault, in ms; null: the error uses an attempt. */
export function pauseAfter(error: unknown, gates: Gates): number | null {
  if (error instanceof VpnKeysError || error instanceof OrderingStopped) return notAllowedPauseMs;
  if (error instanceof ProbeBlockedError) return probeBlockedPauseMs;
  if (error instanceof DnsError) return pauseAfterDns(error, gates);
  if (!(error instanceof ProviderError)) return null;
  if (error.fault === 'busy') return busyProviderPauseMs;
  if (error.fault === 'rate-limited') return Math.max(gates.providerGate.waitMs(), busyProviderPauseMs);
  // The way to the provider is broken, which says nothing about the job.
  if (error.fault === 'unavailable' && error.madeNothing) return unreachablePauseMs;
  // Sold out for half an hour is not the customer's fault; the job's deadline ends the wait.
  if (error.fault === 'capacity') return capacityPauseMs;
  return waitsForPerson(error) ? notAllowedPauseMs : null;
}

function waitsForPerson({ fault }: ProviderError): boolean {
  return fault === 'not-allowed' || fault === 'no-image' || fault === 'not-offered';
}

/**
 * A DNS error never uses an attempt: the machine runs and lacks only its name, but the last attempt would remove it.
 */
function pauseAfterDns({ fault }: DnsError, { dnsGate }: Gates): number {
  switch (fault) {
    case 'unavailable':
      return dnsOutagePauseMs;
    case 'rate-limited':
      return Math.max(dnsGate?.waitMs() ?? 0, busyProviderPauseMs);
    case 'not-allowed':
    case 'no-zone':
    case 'rejected':
      return notAllowedPauseMs;
  }
}
