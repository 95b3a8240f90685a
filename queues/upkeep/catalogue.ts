import type { Store } from '#db/store.ts';
import type { Catalogue, Provider } from '#queues/ports/provider.ts';

const settingName = 'catalogue';

/** The provider's catalogue, as a worker last read it; null: no worker has read it yet. */
export async function readCatalogue(store: Pick<Store, 'readSetting'>): Promise<Catalogue | null> {
  const setting = await store.readSetting(settingName);
  return isCatalogue(setting?.value) ? setting.value : null;
}

/** Reads the provider's catalogue and stores it, so that the API can show it without a call to the provider. */
export async function refreshCatalogue(
  store: Pick<Store, 'putSetting'>,
  provider: Provider,
  now: Date,
  signal: AbortSignal,
): Promise<void> {
  await store.putSetting(settingName, await provider.catalogue(signal), now);
}

/** Only this file writes the setting, but an older version may have written another shape. */
function isCatalogue(value: unknown): value is Catalogue {
  return typeof value === 'object' && value !== null && 'locations' in value && 'plans' in value;
}
