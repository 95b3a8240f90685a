import { z } from 'zod';
import { OperatorError } from '#db/errors.ts';
import type { Clock, Random } from './clock.ts';
import { seeded } from './seeded.ts';
import { type ShopName, shopNames } from './stripe/offer.ts';

/** How the simulated cloud behaves without faults. */
export interface Behaviour {
  /** Time from the create until a machine is active. */
  readonly bootMs: number;
  /** The greatest deviation of a boot from `bootMs`, as a fraction of it. */
  readonly bootJitter: number;
  /** Time from the end of the boot until the VPN answers. */
  readonly vpnMs: number;
  /** How long a create call takes. */
  readonly createMs: number;
  /** How long after the create a machine cannot be deleted. */
  readonly lockMs: number;
  readonly apiKeys: readonly string[];
  /** The cloud whose plans the simulated shop sells. Not given: Vultr, as CLOUD=simulator has its plans. */
  readonly shop?: ShopName;
}

export interface SimulatorOptions extends Behaviour {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** null: machines are kept in memory only. */
  readonly dataFile: string | null;
  /** Where the events of the simulated Stripe are sent from the start on, signed with this secret. */
  readonly hook?: { readonly url: string; readonly secret: string };
  readonly clock?: Clock;
  readonly random?: Random;
  /** Called after each API call. */
  readonly onCall?: ((call: object) => void) | undefined;
}

/** Invalid settings; the message lists all of them. */
export class SimulatorSettingsError extends OperatorError {
  override readonly name = 'SimulatorSettingsError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The simulator's settings are invalid. ${faults.join(' ')}`);
    this.faults = faults;
  }
}

/** The description completes the sentence "NAME must be …". */
const number = (most: number, fallback: number, what: string) =>
  z.coerce.number().min(0).max(most).default(fallback).describe(`${what}, from 0 to ${most}`);
const seconds = (fallback: number) => number(3600, fallback, 'seconds');

/** The process's environment variables; docs/simulator.md describes each. */
export const environment = z.object({
  SIMULATOR_PORT: z.coerce.number().int().min(0).max(65_535).default(3900).describe('a port, from 0 to 65535'),
  SIMULATOR_HOST: z.string().min(1).default('127.0.0.1'),
  SIMULATOR_DATA: z.string().min(1).default('./data/simulator.json'),
  SIMULATOR_BOOT_SECONDS: seconds(6),
  SIMULATOR_BOOT_JITTER: number(1, 0.5, 'a fraction'),
  SIMULATOR_VPN_SECONDS: seconds(2),
  SIMULATOR_CREATE_MS: number(60_000, 300, 'milliseconds'),
  SIMULATOR_LOCK_SECONDS: seconds(1),
  SIMULATOR_API_KEY: z.string().min(1).default('simulator,rk_test_simulator'),
  SIMULATOR_SHOP: z.enum(['simulator', ...shopNames]).default('simulator'),
  SIMULATOR_STRIPE_HOOK_URL: z.url().optional(),
  SIMULATOR_STRIPE_HOOK_SECRET: z.string().min(1).default('whsec_simulated-stripe'),
  SIMULATOR_SEED: z.string().optional(),
});

/**
 * Reads SIMULATOR_*; an empty value counts as not set. Several API keys are separated by commas. Throws
 * SimulatorSettingsError.
 */
export function simulatorOptions(env: Readonly<Record<string, string | undefined>>): SimulatorOptions {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success)
    throw new SimulatorSettingsError(parsed.error.issues.map(({ path }) => faultOf(String(path[0]), given)));
  const settings = parsed.data;
  const { SIMULATOR_SEED: seed, SIMULATOR_STRIPE_HOOK_URL: hookUrl } = settings;
  return {
    host: settings.SIMULATOR_HOST,
    port: settings.SIMULATOR_PORT,
    dataFile: settings.SIMULATOR_DATA,
    bootMs: settings.SIMULATOR_BOOT_SECONDS * 1000,
    bootJitter: settings.SIMULATOR_BOOT_JITTER,
    vpnMs: settings.SIMULATOR_VPN_SECONDS * 1000,
    createMs: settings.SIMULATOR_CREATE_MS,
    lockMs: settings.SIMULATOR_LOCK_SECONDS * 1000,
    apiKeys: settings.SIMULATOR_API_KEY.split(',').map((key) => key.trim()),
    ...(settings.SIMULATOR_SHOP !== 'simulator' && { shop: settings.SIMULATOR_SHOP }),
    ...(hookUrl !== undefined && { hook: { url: hookUrl, secret: settings.SIMULATOR_STRIPE_HOOK_SECRET } }),
    ...(seed !== undefined && { random: seeded(seed) }),
  };
}

function faultOf(name: string, given: Readonly<Record<string, string | undefined>>): string {
  const described: Readonly<Record<string, z.ZodType>> = environment.shape;
  return `${name} must be ${described[name]?.description}, but is ${JSON.stringify(given[name])}.`;
}
