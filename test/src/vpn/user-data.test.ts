import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { devicesPerServer } from '#db/devices.ts';
import { newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';
import { userData } from '#src/vpn/user-data.ts';
import { hasProgram } from '../../programs.ts';

const keys = vpnKeysOf(newVpnSecrets());
const text = userData(keys, devicesPerServer);
const run = promisify(execFile);

const configSchema = z.object({
  write_files: z.array(z.object({ path: z.string(), permissions: z.string(), content: z.string() })),
  runcmd: z.array(z.array(z.string())),
});
const config = configSchema.parse(JSON.parse(text.slice('#cloud-config\n'.length)));
const files = new Map(config.write_files.map((file) => [file.path, file]));

test('the user data begins with the line of cloud-init, and the rest is JSON in one line', () => {
  expect(text.split('\n')).toHaveLength(3);
  expect(text).toMatch(/^#cloud-config\n\{.*\}\n$/);
});

const lacksCloudInit = hasProgram('cloud-init') ? '' : ' (skipped: cloud-init is not installed)';

test.skipIf(lacksCloudInit !== '')(
  `cloud-init's schema accepts the user data${lacksCloudInit}`,
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ghostifi-user-data-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const check = async (name: string, content: string): Promise<boolean> => {
      const file = join(folder, name);
      writeFileSync(file, content);
      return run('cloud-init', ['schema', '--config-file', file]).then(
        ({ stdout }) => stdout.includes('Valid'),
        () => false,
      );
    };
    const wrong = text.replace('"package_update":true', '"package_update":"perhaps"');
    const checks = [check('ours', text), check('wrong', wrong), check('indented', ` ${text}`)];
    expect(await Promise.all(checks)).toEqual([true, false, false]);
  },
);

test('the user data has at most 16 KiB, even in base64', () => {
  expect(Buffer.from(text).toString('base64').length).toBeLessThan(16_384);
});

test('only root can read the keys', () => {
  const ofDevices = keys.devices.map(({ presharedKey }) => presharedKey);
  const secrets = [keys.server.privateKey, keys.probePresharedKey, ...ofDevices];
  const holding = config.write_files.filter(({ content }) => secrets.some((secret) => content.includes(secret)));
  expect(holding.map(({ path, permissions }) => [path, permissions])).toEqual([['/etc/wireguard/wg0.conf', '0600']]);
});

test('the user data has the private key of the server, and no other private key', () => {
  expect(text).toContain(keys.server.privateKey);
  for (const { client } of keys.devices) expect(text).not.toContain(client.privateKey);
  expect(text).not.toContain(keys.probe.privateKey);
});

test('the VPN has each device and our probe as peers, and the probe has no address', () => {
  const [server, ...peers] = (files.get('/etc/wireguard/wg0.conf')?.content ?? '').split('\n\n');
  const probe = peers.pop();
  expect(peers).toHaveLength(5);
  expect(server).toContain('ListenPort = 51820');
  for (const [at, { client, presharedKey }] of keys.devices.entries())
    expect(peers[at]).toBe(
      `[Peer]\nPublicKey = ${client.publicKey}\nPresharedKey = ${presharedKey}\nAllowedIPs = 10.73.0.${at + 2}/32, fd73:6769::${at + 2}/128`,
    );
  expect(probe).toContain(`PublicKey = ${keys.probe.publicKey}\nPresharedKey = ${keys.probePresharedKey}\n`);
  expect(probe).not.toContain('AllowedIPs');
});

test('the rules name no outgoing interface', () => {
  expect(text).not.toMatch(/\b(eth|ens|enp|eno)\d/);
});

test('router advertisements are accepted before forwarding is enabled', () => {
  const routing = files.get('/etc/sysctl.d/60-vpn.conf')?.content ?? '';
  expect(routing.lastIndexOf('accept_ra = 2')).toBeGreaterThan(0);
  expect(routing.lastIndexOf('accept_ra = 2')).toBeLessThan(routing.indexOf('all.forwarding = 1'));
});

test('nothing that wg-quick or systemd must do needs IPv6', () => {
  const [own] = (files.get('/etc/wireguard/wg0.conf')?.content ?? '').split('\n\n');
  expect(own).toMatch(/^Address = [\d.]+\/24$/m);
  expect(own).toMatch(/^Table = off\nPostUp = ip -6 address add fd73:\S+ dev %i \|\| true$/m);
  const routing = files.get('/etc/sysctl.d/60-vpn.conf')?.content ?? '';
  expect(routing.split('\n').filter((line) => /^[^-].*ipv6/.test(line))).toEqual([]);
});

test('nobody can log in, because SSH is off and no password works, and the VPN starts last', () => {
  expect(JSON.parse(text.slice('#cloud-config\n'.length))).toMatchObject({ ssh_pwauth: false, disable_root: true });
  expect(config.runcmd[1]).toEqual(['passwd', '--lock', 'root']);
  expect(config.runcmd.flat().join(' ')).toContain('disable --now ufw ssh.socket ssh');
  expect(config.runcmd.at(-1)).toEqual(['systemctl', 'enable', '--now', 'wg-quick@wg0']);
});

/** Runs the first command of the first boot with only this `apt`. Returns the exit code and the calls. */
async function install(apt: string): Promise<{ code: number; calls: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-first-boot-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = (name: string, body: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  program('apt-get', `echo "$*" >> ${folder}/calls\n${apt.replaceAll('BIN', folder)}`);
  program('sleep', ':');
  program('seq', '/usr/bin/seq "$@"');
  const [shell = '', ...args] = config.runcmd[0] ?? [];
  const code = await run(`/bin/${shell}`, args, { env: { PATH: folder } }).then(
    () => 0,
    () => 1,
  );
  return { code, calls: readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') };
}
const works = "for it in wg wg-quick nft; do echo '#!/bin/sh' > BIN/$it; /bin/chmod +x BIN/$it; done";

test('packages that fail at first are tried again, with our firewall kept and a wait for the lock', async () => {
  const fourthCallWorks = `[ "$(/usr/bin/wc -l < BIN/calls)" -ge 4 ] || exit 100\n${works}`;
  const { code, calls } = await install(fourthCallWorks);
  expect(code).toBe(0);
  expect(calls).toHaveLength(4);
  expect(calls[3]).toContain('DPkg::Lock::Timeout=120');
  expect(calls[3]).toMatch(/--force-confold -y install wireguard-tools nftables$/);
});

test('the first boot fails if the packages never install', async () => {
  const { code, calls } = await install('exit 100');
  expect([code, calls.length]).toEqual([1, 40]);
});
