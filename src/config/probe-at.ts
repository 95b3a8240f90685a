import type { CloudName } from '#src/cloud/clouds.ts';
import { type Address, withoutBrackets } from './address.ts';

const webPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Where the simulated cloud answers VPN handshakes for its machines, whose addresses are not routable: at its API's
 * host, on the UDP port with the number of the API's port. null for a real cloud, whose machines answer themselves.
 */
export function simulatedProbeAt({ name, apiUrl }: { name: CloudName; apiUrl: string }): Address | null {
  if (name !== 'simulator') return null;
  const { protocol, hostname, port } = new URL(apiUrl);
  return { host: withoutBrackets(hostname), port: port === '' ? (webPorts[protocol] ?? 0) : Number(port) };
}
