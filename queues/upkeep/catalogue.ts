import type { Store } from '#db/store.ts';
import type { Catalogue, Provider } from '#queues/ports/provider.ts';

const settingName = 'catalogue';

/** What the provider sold when a worker last asked it; null until one has. */
export async function readCatalogue(store: Pick<Store, 'readSetting'>): Promise<Catalogue | null> {
  const setting = await store.readSetting(settingName);
  return isCatalogue(setting?.value) ? setting.value : null;
}

/** Asks the provider what it sells and keeps the answer, so that the API can tell without asking. */
export async function refreshCatalogue(
  store: Pick<Store, 'putSetting'>,
  provider: Provider,
  now: Date,
  signal: AbortSignal,
): Promise<void> {
  await store.putSetting(settingName, await provider.catalogue(signal), now);
}

/** The setting is written by this file alone; an older program may have written another shape. */
function isCatalogue(value: unknown): value is Catalogue {
  return typeof value === 'object' && value !== null && 'locations' in value && 'plans' in value;
}
