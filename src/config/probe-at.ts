import type { CloudName } from '#src/cloud/clouds.ts';

/** A host (an IPv6 address without its brackets) and a UDP port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const webPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Where a simulated cloud answers handshakes for its machines, whose addresses nobody can reach: on the UDP port with
 * the number of its API's. null: at a real one, each machine is asked itself.
 */
export function simulatedProbeAt({ name, apiUrl }: { name: CloudName; apiUrl: string }): Address | null {
  if (name !== 'simulator') return null;
  const { protocol, hostname, port } = new URL(apiUrl);
  return { host: withoutBrackets(hostname), port: port === '' ? (webPorts[protocol] ?? 0) : Number(port) };
}

/** `host:port`, with an IPv6 address in brackets. */
export function addressIn(text: string): Address {
  const colon = text.lastIndexOf(':');
  return { host: withoutBrackets(text.slice(0, colon)), port: Number(text.slice(colon + 1)) };
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
