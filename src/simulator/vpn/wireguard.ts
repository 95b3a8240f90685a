import { z } from 'zod';

const key = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);

/** The configuration of a simulated machine's WireGuard; keys in base64. */
export const wireguardSchema = z.object({
  privateKey: key,
  port: z.int(),
  peers: z.array(z.object({ publicKey: key, presharedKey: key })),
});
export type Wireguard = z.infer<typeof wireguardSchema>;

/** The part of cloud-init's configuration that simulated machines read, as JSON only. */
const cloudConfigSchema = z.object({
  write_files: z.array(z.object({ path: z.string(), content: z.string() })),
  runcmd: z.array(z.array(z.string())),
});

/** The WireGuard of a machine after its first boot with this user data (base64); null: none. */
export function wireguardIn(userData: string | null): Wireguard | null {
  const config = cloudConfigIn(Buffer.from(userData ?? '', 'base64').toString());
  const service = config?.runcmd.flat().find((word) => word.startsWith('wg-quick@'));
  const path = `/etc/wireguard/${service?.slice('wg-quick@'.length)}.conf`;
  const file = config?.write_files.find((one) => one.path === path);
  return file ? wireguardOf(file.content) : null;
}

function cloudConfigIn(text: string): z.infer<typeof cloudConfigSchema> | null {
  const head = '#cloud-config\n';
  if (!text.startsWith(head)) return null;
  try {
    return cloudConfigSchema.safeParse(JSON.parse(text.slice(head.length))).data ?? null;
  } catch {
    return null;
  }
}

function wireguardOf(content: string): Wireguard | null {
  const sections = content.split(/^(?=\[)/m);
  const own = sections.find((section) => section.startsWith('[Interface]')) ?? '';
  const peers = sections.filter((section) => section.startsWith('[Peer]'));
  const found = {
    privateKey: valueIn(own, 'PrivateKey'),
    port: Number(valueIn(own, 'ListenPort')),
    peers: peers.map((peer) => ({
      publicKey: valueIn(peer, 'PublicKey'),
      presharedKey: valueIn(peer, 'PresharedKey') ?? noPresharedKey,
    })),
  };
  return wireguardSchema.safeParse(found).data ?? null;
}

const noPresharedKey = Buffer.alloc(32).toString('base64');

function valueIn(section: string, name: string): string | undefined {
  return new RegExp(`^${name}\\s*=\\s*(\\S+)`, 'm').exec(section)?.[1];
}
