import { z } from 'zod';
import type { Host } from './host.ts';

const configSchema = z.object({
  write_files: z.array(z.object({ path: z.string(), permissions: z.string(), content: z.string() })),
  runcmd: z.array(z.array(z.string())),
});

/** What does the same here, where there is no systemd, and nobody's passwords but our own; null: nothing needs doing. */
const instead: Readonly<Record<string, readonly [string, ...string[]] | null>> = {
  'passwd --lock root': null,
  'sysctl --system': ['sysctl', '-p', '/etc/sysctl.d/60-vpn.conf'],
  'sh -c systemctl disable --now ufw ssh.socket ssh 2>/dev/null || true': null,
  'systemctl enable nftables': null,
  'systemctl restart nftables': ['nft', '-f', '/etc/nftables.conf'],
  'systemctl enable --now wg-quick@wg0': ['wg-quick', 'up', 'wg0'],
};

/** Does on the host what cloud-init would do with this user data, its packages being installed. */
export async function bootFirst(host: Host, userData: string): Promise<void> {
  const config = configSchema.parse(JSON.parse(userData.slice('#cloud-config\n'.length)));
  const [waiting, ...commands] = config.runcmd;
  if (!waiting?.at(-1)?.includes('apt-get')) throw new Error('It should begin by waiting for its packages.');
  await host.run('sh', ...waiting.slice(1));
  for (const { path, permissions, content } of config.write_files) {
    await host.write(path, content);
    await host.run('chmod', permissions, path);
  }
  for (const command of commands) {
    const known = instead[command.join(' ')];
    if (known === undefined) throw new Error(`What is to be done here for "${command.join(' ')}"?`);
    if (known) await host.run(...known);
  }
}
