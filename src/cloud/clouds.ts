import type { Provider } from '#queues/ports/provider.ts';
import { digitalocean } from './digitalocean/digitalocean.ts';
import { hetzner } from './hetzner/hetzner.ts';
import { vultr } from './vultr/vultr.ts';

/** What a process knows of the cloud that it is configured for. */
export interface ProviderSettings {
  /** undefined: the provider's own public address. */
  readonly apiUrl?: string | undefined;
  readonly apiKey: string;
  readonly image?: string | undefined;
  readonly listLagMs?: number | undefined;
  /** Which process calls, for the User-Agent. */
  readonly instance?: string | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** Every provider that can be configured. A new one is its driver's file and a line here. */
const factories = {
  vultr: (settings) => vultr({ ...settings, name: 'vultr', apiUrl: settings.apiUrl ?? 'https://api.vultr.com/v2' }),
  digitalocean: (settings) =>
    digitalocean({ ...settings, name: 'digitalocean', apiUrl: settings.apiUrl ?? 'https://api.digitalocean.com/v2' }),
  hetzner: (settings) =>
    hetzner({ ...settings, name: 'hetzner', apiUrl: settings.apiUrl ?? 'https://api.hetzner.cloud/v1' }),
  simulator: (settings) =>
    vultr({ ...settings, name: 'simulator', apiUrl: settings.apiUrl ?? 'http://127.0.0.1:3900/v2' }),
} satisfies Record<string, (settings: ProviderSettings) => Provider>;

export type ProviderName = keyof typeof factories;

export function isProviderName(name: string): name is ProviderName {
  return Object.hasOwn(factories, name);
}

export const providerNames: readonly ProviderName[] = Object.keys(factories).filter(isProviderName);

/** Makes no call yet; throws where the key cannot be one. */
export function openProvider(name: ProviderName, settings: ProviderSettings): Provider {
  return factories[name](settings);
}
