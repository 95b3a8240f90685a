import { z } from 'zod';
import { portVariable, variable, webAddress } from './variable.ts';

/** Where machines can be created; each cloud except the simulator requires a key. */
export const clouds = ['simulator', 'vultr', 'digitalocean', 'hetzner'] as const;
export type CloudName = (typeof clouds)[number];

/** The variables with a cloud's address and key; null: it needs no key. */
export const cloudVariables = {
  simulator: { url: 'SIMULATOR_URL', key: null },
  vultr: { url: 'VULTR_API_URL', key: 'VULTR_API_KEY' },
  digitalocean: { url: 'DIGITALOCEAN_API_URL', key: 'DIGITALOCEAN_API_KEY' },
  hetzner: { url: 'HETZNER_API_URL', key: 'HETZNER_API_KEY' },
} as const satisfies Record<CloudName, { url: string; key: string | null }>;

/** The cheapest plan with 1 GB and an IPv4 address; used unless DEFAULT_PLAN is set. */
export const cheapestPlans = {
  simulator: 'vc2-1c-1gb',
  vultr: 'vc2-1c-1gb',
  digitalocean: 's-1vcpu-1gb',
  hetzner: 'cx23',
} as const satisfies Record<CloudName, string>;

/** Vultr, and with it the simulator, identifies images by number; the others by name. */
export function imageFaults({ CLOUD, MACHINE_IMAGE }: CloudAndImage): string[] {
  if (MACHINE_IMAGE === null || CLOUD === 'digitalocean' || CLOUD === 'hetzner') return [];
  return /^\d{1,9}$/.test(MACHINE_IMAGE) ? [] : [`MACHINE_IMAGE must be a number, as CLOUD is ${CLOUD}.`];
}

interface CloudAndImage {
  readonly CLOUD: CloudName | null;
  readonly MACHINE_IMAGE: string | null;
}

const cloudUrl = (fallback: string, about: string) =>
  variable(webAddress, { fallback, mustBe: 'an http address', about, processes: ['worker'] });
const cloudKey = (what: string, about: string) =>
  variable(z.string().regex(/^[\x21-\x7e]{16,200}$/), {
    mustBe: `${what} (16 to 200 visible characters without spaces)`,
    about,
    processes: ['worker'],
    secret: true,
  });

/** The cloud, its address and key, and which machines are ordered there. */
export const variablesOfCloud = {
  CLOUD: variable(z.enum(clouds), {
    fallback: 'simulator',
    mustBe: `one of ${clouds.join(', ')}`,
    about: 'The cloud where machines are created. The API process stores it with every new server.',
  }),
  SIMULATOR_PORT: portVariable({
    fallback: '3900',
    about: 'Port of the simulated cloud that `npm start` starts.',
    processes: ['start'],
  }),
  SIMULATOR_URL: cloudUrl('http://127.0.0.1:3900/v2', "The simulator's API, when CLOUD is simulator."),
  VULTR_API_URL: cloudUrl('https://api.vultr.com/v2', "Vultr's API, when CLOUD is vultr."),
  VULTR_API_KEY: cloudKey(
    'the API key of a Vultr account',
    'Key of the Vultr account that pays for the machines. Required when CLOUD is vultr.',
  ),
  DIGITALOCEAN_API_URL: cloudUrl('https://api.digitalocean.com/v2', "DigitalOcean's API, when CLOUD is digitalocean."),
  DIGITALOCEAN_API_KEY: cloudKey(
    'a personal access token of a DigitalOcean team',
    'Token of the DigitalOcean team that pays for the machines. Required when CLOUD is digitalocean. Its scopes: account, droplet, regions, sizes and tag.',
  ),
  HETZNER_API_URL: cloudUrl('https://api.hetzner.cloud/v1', "Hetzner Cloud's API, when CLOUD is hetzner."),
  HETZNER_API_KEY: cloudKey(
    'an API token (read and write) of a Hetzner Cloud project',
    'Token, with write access, of the Hetzner Cloud project where machines are created. Required when CLOUD is hetzner. Workers mark the project with an unused firewall named `ghostifi-account`. Keep that firewall: it identifies the project when the token changes.',
  ),
  MACHINE_IMAGE: variable(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/), {
    mustBe: "the provider's id of a Debian 12 or Ubuntu 24.04 image (a number with vultr and the simulator)",
    about:
      'The image of new machines: Debian 12 or Ubuntu 24.04. Unset: Debian 12, which is `2136` with Vultr and the simulator, `debian-12-x64` with DigitalOcean, `debian-12` with Hetzner. Ubuntu 24.04 is `2284`, `ubuntu-24-04-x64`, `ubuntu-24.04`.',
    processes: ['worker'],
  }),
  DEFAULT_PLAN: variable(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/), {
    mustBe: "one of the provider's plan ids, as GET /v1/plans lists them",
    about:
      'The plan of a purchase that names none. Unset: `vc2-1c-1gb` with Vultr and the simulator, `s-1vcpu-1gb` with DigitalOcean, `cx23` with Hetzner. Hetzner does not offer `cx23` in America and Asia.',
    processes: ['api'],
  }),
} as const;
