import { z } from 'zod';
import { wireguardSchema } from './vpn/wireguard.ts';

/** A simulated machine of any provider; each dialect renders it in its own shape. Instants are ms since 1970. */
export const machineSchema = z.object({
  /** Increases with each machine and is never used twice; the numeric id in some dialects. */
  serial: z.int().min(1),
  id: z.string(),
  /** The name of the API that it was ordered through; no other API lists it. */
  cloud: z.string().default('vultr'),
  label: z.string(),
  hostname: z.string(),
  tags: z.array(z.string()),
  region: z.string(),
  plan: z.string(),
  osId: z.int(),
  /** Base64, as given; null: none. */
  userData: z.string().nullable(),
  /** null: the machine never gets one. */
  ipv4: z.string().nullable(),
  /** null: ordered without IPv6. */
  ipv6: z.string().nullable(),
  createdAt: z.number(),
  /** The end of the boot; null: never. */
  readyAt: z.number().nullable(),
  /** Made from the user data at the first boot; later changes of the user data have no effect. null: no VPN. */
  wireguard: wireguardSchema.nullable().default(null),
  /** The time of the VPN's first answer; null: never. */
  answersAt: z.number().nullable().default(null),
  /** From this time on lists show the machine. */
  listedAt: z.number(),
  /** Deletes fail until this time. */
  lockedUntil: z.number(),
  removedAt: z.number().nullable(),
  /** The User-Agent of the create. */
  client: z.string(),
});
export type Machine = z.infer<typeof machineSchema>;

export function isInstalling(machine: Machine, now: number): boolean {
  return machine.removedAt === null && (machine.readyAt === null || machine.readyAt > now);
}

/** Whether its VPN answers handshakes. */
export function isAnswering({ wireguard, answersAt, removedAt }: Machine, now: number): boolean {
  return wireguard !== null && removedAt === null && answersAt !== null && answersAt <= now;
}

export function isLocked(machine: Machine, now: number): boolean {
  return machine.lockedUntil > now;
}

/** Whether lists show it. */
export function isListed(machine: Machine, now: number): boolean {
  return machine.removedAt === null && machine.listedAt <= now;
}

export function stateOf(machine: Machine, now: number): 'installing' | 'active' | 'removed' {
  if (machine.removedAt !== null) return 'removed';
  return isInstalling(machine, now) ? 'installing' : 'active';
}
