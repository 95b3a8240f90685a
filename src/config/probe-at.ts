import type { CloudName } from '#src/cloud/clouds.ts';
import { type Address, withoutBrackets } from './address.ts';

const webPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * The address at which the simulated cloud answers VPN handshakes, since its machines are not reachable. It is the host
 * of its API, and the UDP port with the number of the API's port. null for a real cloud, whose machines answer.
 */
export function simulatedProbeAt({ name, apiUrl }: { name: CloudName; apiUrl: string }): Address | null {
  if (name !== 'simulator') return null;
  const { protocol, hostname, port } = new URL(apiUrl);
  return { host: withoutBrackets(hostname), port: port === '' ? (webPorts[protocol] ?? 0) : Number(port) };
}
