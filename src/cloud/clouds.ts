import type { Provider } from '#queues/ports/provider.ts';
import type { Cloud } from './cloud.ts';
import { digitalocean } from './digitalocean/cloud.ts';
import type { DriverOptions } from './driver-options.ts';
import { hetzner } from './hetzner/cloud.ts';
import { simulator } from './simulator/cloud.ts';
import { vultr } from './vultr/cloud.ts';

/** Every cloud that CLOUD can name. The configuration and its documentation are made from this list. */
export const clouds = { simulator, vultr, digitalocean, hetzner } as const satisfies Record<string, Cloud>;

export type CloudName = keyof typeof clouds;

export function isCloudName(name: string): name is CloudName {
  return Object.hasOwn(clouds, name);
}

export const cloudNames: readonly CloudName[] = Object.keys(clouds).filter(isCloudName);

/** `apiUrl`: the provider's public address unless given. */
export type ProviderSettings = Omit<DriverOptions, 'name' | 'apiUrl'> & Partial<Pick<DriverOptions, 'apiUrl'>>;

/** Makes no call yet; throws if the key cannot be one. */
export function openProvider(name: CloudName, settings: ProviderSettings): Provider {
  const { address, open } = clouds[name];
  return open({ ...settings, name, apiUrl: settings.apiUrl ?? address.fallback });
}
