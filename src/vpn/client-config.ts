import type { VpnKeys } from './keys.ts';
import { tunnel } from './tunnel.ts';

/** The server's address for a client: its DNS name if there is one, else the machine's IP address. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * The configuration file for wg-quick and the official WireGuard apps. Only the endpoint and the keys differ between
 * customers. It contains no text of a customer.
 */
export function clientConfig({ host, port }: Endpoint, { server, client, presharedKey }: VpnKeys): string {
  return `[Interface]
PrivateKey = ${client.privateKey}
Address = ${tunnel.client.ipv4}/32, ${tunnel.client.ipv6}/128
DNS = ${tunnel.dns.join(', ')}
MTU = ${tunnel.mtu}

[Peer]
PublicKey = ${server.publicKey}
PresharedKey = ${presharedKey}
AllowedIPs = ${tunnel.everything.join(', ')}
Endpoint = ${host}:${port}
PersistentKeepalive = ${tunnel.keepaliveSeconds}
`;
}

/** The apps take the tunnel's name from the file and allow 15 characters, so this uses the last 12 of the id. */
export function clientFileName(serverId: string): string {
  return `gf-${serverId.replaceAll(/[^a-z0-9]/g, '').slice(-12)}.conf`;
}
