import { firewall } from './firewall.ts';
import type { VpnKeys } from './keys.ts';
import { tunnel } from './tunnel.ts';

/**
 * Cloud-init user data that makes a Debian 12 or Ubuntu 24.04 machine the server of these keys. JSON is YAML, so
 * that nothing in it can break its structure; and nothing in it but the keys comes from outside this folder.
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
    ...nobodyLogsIn,
    runcmd: [
      ['sh', '-c', untilInstalled],
      ['passwd', '--lock', 'root'],
      ['sysctl', '--system'],
      // Vultr's images come with ufw switched on, and with its own idea of what is open.
      ['sh', '-c', 'systemctl disable --now ufw ssh.socket ssh 2>/dev/null || true'],
      ['systemctl', 'enable', 'nftables'],
      ['systemctl', 'restart', 'nftables'],
      ['systemctl', 'enable', '--now', 'wg-quick@wg0'],
    ],
  };
}

/**
 * Cloud-init tries its packages once, and gives up after 30 s where a timer of the image's own holds apt's lock. Twenty
 * tries outlast a mirror's bad minutes; a machine that has none of it by then doesn't answer, and is replaced.
 * --force-confold: the /etc/nftables.conf that is there already is ours, and dpkg would ask which one to keep.
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
 * Ours goes before what a provider asks of cloud-init. DigitalOcean mails a root password that has to be changed at
 * once: until then cron would not run for root either, so it doesn't expire, and runcmd, which comes last, locks it.
 */
const nobodyLogsIn = { disable_root: true, ssh_pwauth: false, chpasswd: { expire: false } };

function file(path: string, permissions: string, content: string) {
  return { path, owner: 'root:root', permissions, content };
}

/**
 * accept_ra first: a kernel that begins to forward forgets the router that it learned of, unless it is 2 by then. Each
 * interface has its own, and `all` changes none.
 */
const routing = `net.ipv6.conf.default.accept_ra = 2
net.ipv6.conf.*.accept_ra = 2
net.ipv4.ip_forward = 1
net.ipv6.conf.all.forwarding = 1
`;

/** The probe's peer has no addresses, so that it can shake hands and nothing else. */
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
