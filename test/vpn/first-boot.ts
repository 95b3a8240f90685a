import { z } from 'zod';
import type { Host } from './host.ts';

const configSchema = z.object({
  write_files: z.array(z.object({ path: z.string(), permissions: z.string(), content: z.string() })),
  runcmd: z.array(z.array(z.string())),
});

/** Replacements for commands that need systemd or would change passwords of this machine. null skips the command. */
const replacements: Readonly<Record<string, readonly [string, ...string[]] | null>> = {
  'passwd --lock root': null,
  'sysctl --ignore --system': ['sysctl', '--ignore', '-p', '/etc/sysctl.d/60-vpn.conf'],
  'sh -c systemctl disable --now ufw ssh.socket ssh 2>/dev/null || true': null,
  'systemctl enable nftables': null,
  'systemctl restart nftables': ['nft', '-f', '/etc/nftables.conf'],
  'systemctl enable --now wg-quick@wg0': ['wg-quick', 'up', 'wg0'],
};

/** Applies the user data to the host like cloud-init. The packages are installed already. */
export async function bootFirst(host: Host, userData: string): Promise<void> {
  const config = configSchema.parse(JSON.parse(userData.slice('#cloud-config\n'.length)));
  const [waiting, ...commands] = config.runcmd;
  if (!waiting?.at(-1)?.includes('apt-get'))
    throw new Error('The first command of the user data must wait for the packages.');
  await host.run('sh', ...waiting.slice(1));
  for (const { path, permissions, content } of config.write_files) {
    await host.write(path, content);
    await host.run('chmod', permissions, path);
  }
  for (const command of commands) {
    const replacement = replacements[command.join(' ')];
    if (replacement === undefined)
      throw new Error(`No replacement is defined for "${command.join(' ')}"; add one to first-boot.ts.`);
    if (replacement) await host.run(...replacement);
  }
}
