import { keysOfDevice, type VpnKeys } from './keys.ts';
import { addressesOf, tunnel } from './tunnel.ts';

/** The server's address for a client: its DNS name if there is one, else the machine's IP address. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * The configuration file of one device, for wg-quick and the official WireGuard apps. Only the endpoint, the keys and
 * the addresses differ between devices. It contains no text of a customer. Throws RangeError for an unknown device.
 */
export function clientConfig({ host, port }: Endpoint, keys: VpnKeys, device: number): string {
  const { client, presharedKey } = keysOfDevice(keys, device);
  const { ipv4, ipv6 } = addressesOf(device);
  return `[Interface]
PrivateKey = ${client.privateKey}
Address = ${ipv4}/32, ${ipv6}/128
DNS = ${tunnel.dns.join(', ')}
MTU = ${tunnel.mtu}

[Peer]
PublicKey = ${keys.server.publicKey}
PresharedKey = ${presharedKey}
AllowedIPs = ${tunnel.everything.join(', ')}
Endpoint = ${host}:${port}
PersistentKeepalive = ${tunnel.keepaliveSeconds}
`;
}

/**
 * The apps take the tunnel's name from the file and allow 15 characters, so this uses the last 12 of the id. A device
 * after the first one has its number in place of two of them, since a computer may have several.
 */
export function clientFileName(serverId: string, device: number): string {
  const end = device === 1 ? '' : `-${device}`;
  return `gf-${serverId.replaceAll(/[^a-z0-9]/g, '').slice(end.length - 12)}${end}.conf`;
}
