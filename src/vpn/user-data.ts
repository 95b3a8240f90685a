import { firewall } from './firewall.ts';
import type { VpnKeys } from './keys.ts';
import { tunnel } from './tunnel.ts';

/**
 * Cloud-init user data that makes a Debian 12 or Ubuntu 24.04 machine a VPN server with these keys. It is JSON, which
 * is valid YAML, so no value can break its structure. Only the keys come from outside this folder.
 */
export function userData(keys: VpnKeys): string {
  return `#cloud-config\n${JSON.stringify(cloudConfig(keys))}\n`;
}

function cloudConfig(keys: VpnKeys) {
  return {
    package_update: true,
    packages: ['wireguard-tools', 'nftables'],
    write_files: [
      file('/etc/wireguard/wg0.conf', '0600', wireguardConfig(keys)),
      file('/etc/sysctl.d/60-vpn.conf', '0644', routing),
      file('/etc/nftables.conf', '0644', firewall),
    ],
    ...noLogins,
    runcmd: [
      ['sh', '-c', untilInstalled],
      ['passwd', '--lock', 'root'],
      ['sysctl', '--system'],
      // Vultr's images have ufw enabled, with rules of its own.
      ['sh', '-c', 'systemctl disable --now ufw ssh.socket ssh 2>/dev/null || true'],
      ['systemctl', 'enable', 'nftables'],
      ['systemctl', 'restart', 'nftables'],
      ['systemctl', 'enable', '--now', 'wg-quick@wg0'],
    ],
  };
}

/**
 * Cloud-init installs packages only once, and fails after 30 s if a timer of the image holds apt's lock. Twenty tries
 * cover a short failure of the mirror. A machine without the packages does not answer and is replaced.
 * --force-confold keeps our /etc/nftables.conf; otherwise dpkg would ask which file to keep.
 */
const untilInstalled = [
  'installed() { command -v wg && command -v wg-quick && command -v nft; }',
  'export DEBIAN_FRONTEND=noninteractive',
  'for try in $(seq 20)',
  'do installed && exit 0',
  'apt-get -o DPkg::Lock::Timeout=120 update',
  'apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold -y install wireguard-tools nftables',
  'installed && exit 0',
  'sleep 5',
  'done',
  'exit 1',
].join('\n');

/**
 * Overrides the provider's cloud-init settings. DigitalOcean mails a root password that expires at once, and with an
 * expired password root's cron jobs would not run. So the password does not expire; runcmd, the last stage, locks it.
 */
const noLogins = { disable_root: true, ssh_pwauth: false, chpasswd: { expire: false } };

function file(path: string, permissions: string, content: string) {
  return { path, owner: 'root:root', permissions, content };
}

/**
 * accept_ra comes first: when forwarding starts, the kernel drops its learned IPv6 router unless accept_ra is 2. Each
 * interface has its own value, and `all` does not set it.
 */
const routing = `net.ipv6.conf.default.accept_ra = 2
net.ipv6.conf.*.accept_ra = 2
net.ipv4.ip_forward = 1
net.ipv6.conf.all.forwarding = 1
`;

/** The probe's peer has no addresses, so it can make handshakes but send no traffic. */
function wireguardConfig({ server, client, presharedKey, probe, probePresharedKey }: VpnKeys): string {
  const { server: own, client: peer, port, mtu } = tunnel;
  return `[Interface]
PrivateKey = ${server.privateKey}
Address = ${own.ipv4}/24, ${own.ipv6}/64
ListenPort = ${port}
MTU = ${mtu}

[Peer]
PublicKey = ${client.publicKey}
PresharedKey = ${presharedKey}
AllowedIPs = ${peer.ipv4}/32, ${peer.ipv6}/128

[Peer]
PublicKey = ${probe.publicKey}
PresharedKey = ${probePresharedKey}
`;
}
