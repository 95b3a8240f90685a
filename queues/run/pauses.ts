import type { DnsGate } from '#queues/gates/dns-gate.ts';
import type { ProviderGate } from '#queues/gates/provider-gate.ts';
import { notAllowedPauseMs } from '#queues/limits.ts';
import { DnsError } from '#queues/ports/dns.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { VpnKeysError } from '#queues/ports/vpn.ts';

/** What jobs have to wait for, all of them. */
export interface Gates {
  readonly providerGate: ProviderGate;
  /** null: the service keeps no names. */
  readonly dnsGate: DnsGate | null;
}

const busyProviderPauseMs = 5_000;
const dnsOutagePauseMs = 15_000;

/** Why and for how long jobs are to be put off now; null: they may run. */
export function pauseNow({ providerGate, dnsGate }: Gates): { readonly ms: number; readonly reason: string } | null {
  const shut = [
    { what: 'The provider', ms: providerGate.waitMs(), fault: providerGate.fault() },
    { what: 'The DNS', ms: dnsGate?.waitMs() ?? 0, fault: dnsGate?.fault() ?? null },
  ].filter(({ ms }) => ms > 0);
  const [longest] = shut.sort((a, b) => b.ms - a.ms);
  if (!longest) return null;
  return { ms: longest.ms, reason: `${longest.what} wants to be left alone (${longest.fault}).` };
}

/** How long to wait for what is not the job's fault; null where an attempt is to be used. */
export function pauseAfter(error: unknown, gates: Gates): number | null {
  if (error instanceof VpnKeysError) return notAllowedPauseMs;
  if (error instanceof DnsError) return pauseAfterDns(error, gates);
  if (!(error instanceof ProviderError)) return null;
  if (error.fault === 'busy') return busyProviderPauseMs;
  if (error.fault === 'rate-limited') return Math.max(gates.providerGate.waitMs(), busyProviderPauseMs);
  return error.fault === 'not-allowed' ? notAllowedPauseMs : null;
}

/** The machine runs, and only its name is missing: nothing that the DNS answers must undo it. */
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
