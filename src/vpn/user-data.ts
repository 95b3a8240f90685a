import { firewall } from './firewall.ts';
import type { DeviceKeys, VpnKeys } from './keys.ts';
import { addressesOf, tunnel } from './tunnel.ts';

/**
 * Cloud-init user data that makes a Debian 13, Debian 12 or Ubuntu 24.04 machine a VPN server with these keys, also if
 * the image has IPv6 switched off. `devices`: how many of the customer's devices it serves, the first ones. It is JSON,
 * which is valid YAML, so no value can break its structure. Only the keys come from outside this folder.
 */
export function userData(keys: VpnKeys, devices: number): string {
  return `#cloud-config\n${JSON.stringify(cloudConfig(keys, devices))}\n`;
}

function cloudConfig(keys: VpnKeys, devices: number) {
  return {
    package_update: true,
    packages: ['wireguard-tools', 'nftables'],
    write_files: [
      file('/etc/wireguard/wg0.conf', '0600', wireguardConfig(keys, devices)),
      file('/etc/sysctl.d/60-vpn.conf', '0644', routing),
      file('/etc/nftables.conf', '0644', firewall),
    ],
    ...noLogins,
    runcmd: [
      ['sh', '-c', untilInstalled],
      ['passwd', '--lock', 'root'],
      // A kernel without IPv6 does not have its keys.
      ['sysctl', '--ignore', '--system'],
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
 * accept_ra comes before forwarding: when forwarding starts, the kernel drops its learned IPv6 router unless accept_ra
 * is 2. Each interface has its own value, and `all` does not set it. The dashes make systemd ignore keys that a kernel
 * without IPv6 does not have.
 */
const routing = `net.ipv4.ip_forward = 1
-net.ipv6.conf.default.accept_ra = 2
-net.ipv6.conf.*.accept_ra = 2
-net.ipv6.conf.all.forwarding = 1
`;

/**
 * The probe's peer has no addresses, so it can make handshakes but send no traffic. Where IPv6 is switched off, wg-quick
 * would take the interface away because of an IPv6 address or route that it cannot add. So PostUp adds the address, and
 * may fail; both networks are routed by their addresses.
 */
function wireguardConfig({ server, devices, probe, probePresharedKey }: VpnKeys, served: number): string {
  const { server: own, port, mtu } = tunnel;
  return `[Interface]
PrivateKey = ${server.privateKey}
Address = ${own.ipv4}/24
ListenPort = ${port}
MTU = ${mtu}
Table = off
PostUp = ip -6 address add ${own.ipv6}/64 dev %i || true

${devices.slice(0, served).map(devicePeer).join('\n')}
[Peer]
PublicKey = ${probe.publicKey}
PresharedKey = ${probePresharedKey}
`;
}

/** The server takes packets of a device only from the device's own addresses. */
function devicePeer({ client, presharedKey }: DeviceKeys, at: number): string {
  const { ipv4, ipv6 } = addressesOf(at + 1);
  return `[Peer]
PublicKey = ${client.publicKey}
PresharedKey = ${presharedKey}
AllowedIPs = ${ipv4}/32, ${ipv6}/128
`;
}
