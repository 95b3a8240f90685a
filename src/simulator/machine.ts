import { z } from 'zod';
import { wireguardSchema } from './vpn/wireguard.ts';

/** A simulated machine, in no provider's words: each dialect renders it in its own. Instants are ms since 1970. */
export const machineSchema = z.object({
  /** Rises with each machine and is never used again; also a dialect's numeric id. */
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
  /** null: it never gets one. */
  ipv4: z.string().nullable(),
  /** null: ordered without IPv6. */
  ipv6: z.string().nullable(),
  createdAt: z.number(),
  /** When it is installed and runs; null: never. */
  readyAt: z.number().nullable(),
  /** What its user data made of it at its first boot: changes to that come too late. null: no VPN. */
  wireguard: wireguardSchema.nullable().default(null),
  /** When its VPN begins to answer; null: never. */
  answersAt: z.number().nullable().default(null),
  /** When lists begin to show it. */
  listedAt: z.number(),
  /** Until when it cannot be deleted. */
  lockedUntil: z.number(),
  removedAt: z.number().nullable(),
  /** Who ordered it: the User-Agent. */
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

/** Whether a list would show it. */
export function isListed(machine: Machine, now: number): boolean {
  return machine.removedAt === null && machine.listedAt <= now;
}

export function stateOf(machine: Machine, now: number): 'installing' | 'active' | 'removed' {
  if (machine.removedAt !== null) return 'removed';
  return isInstalling(machine, now) ? 'installing' : 'active';
}
