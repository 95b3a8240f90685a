import { cloudflare } from './cloudflare/cloudflare-dialect.ts';
import { digitalocean } from './digitalocean/digitalocean-dialect.ts';
import { hetzner } from './hetzner/hetzner-dialect.ts';
import type { SimulatedApi } from './simulated-api.ts';
import { stripe } from './stripe/stripe-dialect.ts';
import { vultr } from './vultr/vultr-dialect.ts';

/** Every API that the simulator serves. Each is a separate cloud: its machines are stored under its name. */
export const dialects = { vultr, digitalocean, hetzner, cloudflare, stripe } as const satisfies Record<
  string,
  SimulatedApi
>;

export type DialectName = keyof typeof dialects;

function isDialectName(name: string): name is DialectName {
  return Object.hasOwn(dialects, name);
}

export const dialectNames: readonly DialectName[] = Object.keys(dialects).filter(isDialectName);

/** The names of the APIs that sell machines. */
export const cloudNames: readonly DialectName[] = dialectNames.filter((name) => dialects[name].serves === 'machines');
