import { setting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import type { Catalogue, Provider } from '#queues/ports/provider.ts';

export const catalogueSetting = setting('catalogue', isCatalogue);

/** What the provider sold when a worker last asked it; null until one has. */
export async function readCatalogue(store: Pick<Store, 'readSetting'>): Promise<Catalogue | null> {
  return (await store.readSetting(catalogueSetting))?.value ?? null;
}

/** Asks the provider what it sells and keeps the answer, so that the API can tell without asking. */
export async function refreshCatalogue(
  store: Pick<Store, 'putSetting'>,
  provider: Provider,
  now: Date,
  signal: AbortSignal,
): Promise<void> {
  await store.putSetting(catalogueSetting, await provider.catalogue(signal), now);
}

function isCatalogue(value: unknown): value is Catalogue {
  return typeof value === 'object' && value !== null && 'locations' in value && 'plans' in value;
}
