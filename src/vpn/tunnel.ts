/** The settings that are the same for every server; both ends of the tunnel use them. */
export const tunnel = {
  /** The server's UDP port. */
  port: 51_820,
  networks: ['10.73.0.0/24', 'fd73:6769::/64'],
  server: { ipv4: '10.73.0.1', ipv6: 'fd73:6769::1' },
  /** Small enough for PPPoE and most mobile networks, over IPv4 and IPv6. */
  mtu: 1380,
  /** Keeps the mapping in a NAT alive. */
  keepaliveSeconds: 25,
  /** The client sends all traffic through the tunnel. */
  everything: ['0.0.0.0/0', '::/0'],
  /** Quad9, reached through the tunnel, so that the client's own network does not see DNS queries. */
  dns: ['9.9.9.9', '2620:fe::fe'],
} as const;

/** The addresses of a device inside the tunnel; `device` is its number, from 1. */
export function addressesOf(device: number): { readonly ipv4: string; readonly ipv6: string } {
  return { ipv4: `10.73.0.${device + 1}`, ipv6: `fd73:6769::${device + 1}` };
}
