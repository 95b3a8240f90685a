import { tunnel } from './tunnel.ts';

/** Clients must not reach the provider's metadata service (169.254.169.254, fd00:ec2::254) or private networks. */
const forbidden = {
  ipv4: [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.168.0.0/16',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ],
  ipv6: ['::/128', '::1/128', '::ffff:0:0/96', '64:ff9b::/96', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
};

/**
 * nftables rules of a VPN server. They accept only WireGuard and the packets that the network itself requires. No device
 * reaches another one. They do not name the outgoing interface, which differs between providers. Both address families
 * are translated (NAT).
 */
export const firewall = `flush ruleset

table inet vpn {
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state established,related accept
    ct state invalid drop
    udp dport ${tunnel.port} accept
    icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } accept
    icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, mld-listener-query } accept
    udp sport 67 udp dport 68 accept
    ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept
  }

  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname "wg0" oifname "wg0" drop
    tcp flags syn tcp option maxseg size set rt mtu
    ct state established,related accept
    ct state invalid drop
    iifname "wg0" jump from_client
  }

  chain from_client {
    ip daddr { ${forbidden.ipv4.join(', ')} } drop
    ip6 daddr { ${forbidden.ipv6.join(', ')} } drop
    tcp dport 25 drop
    accept
  }

  chain postrouting {
    type nat hook postrouting priority srcnat;
    iifname "wg0" oifname != "wg0" masquerade
  }
}
`;
