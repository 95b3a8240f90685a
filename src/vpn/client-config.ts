import type { VpnKeys } from './keys.ts';
import { tunnel } from './tunnel.ts';

/** Where a client finds its server: the name where DNS is kept, else the machine's address. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * The file of wg-quick and of the official WireGuard apps. Nothing in it but the endpoint and the keys differs between
 * customers, and nothing of it is theirs to choose.
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

/** The apps name the tunnel after its file, and take no name of more than 15 characters: the id's random ones do. */
export function clientFileName(serverId: string): string {
  return `gf-${serverId.replaceAll(/[^a-z0-9]/g, '').slice(-12)}.conf`;
}
