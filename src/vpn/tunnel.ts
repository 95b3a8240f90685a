/** What is the same in the tunnel of every server: both ends are configured from here. */
export const tunnel = {
  /** UDP, of the server. */
  port: 51_820,
  networks: ['10.73.0.0/24', 'fd73:6769::/64'],
  server: { ipv4: '10.73.0.1', ipv6: 'fd73:6769::1' },
  client: { ipv4: '10.73.0.2', ipv6: 'fd73:6769::2' },
  /** Fits through PPPoE and most mobile networks, over IPv4 and IPv6. */
  mtu: 1380,
  /** Keeps the way back open through a NAT. */
  keepaliveSeconds: 25,
  /** The client sends everything through the tunnel. */
  everything: ['0.0.0.0/0', '::/0'],
  /** Quad9, reached through the tunnel, so that the client's own network learns no names. */
  dns: ['9.9.9.9', '2620:fe::fe'],
} as const;
