import { setting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import type { Catalogue, Provider } from '#queues/ports/provider.ts';

export const catalogueSetting = setting('catalogue', isCatalogue);

/** The provider's catalogue, as a worker last read it; null: no worker has read it yet. */
export async function readCatalogue(store: Pick<Store, 'readSetting'>): Promise<Catalogue | null> {
  return (await store.readSetting(catalogueSetting))?.value ?? null;
}

/** Reads the provider's catalogue and stores it, so that the API can show it without a call to the provider. */
export async function refreshCatalogue(
  { store, provider, now }: { store: Pick<Store, 'putSetting'>; provider: Provider; now: () => Date },
  signal: AbortSignal,
): Promise<void> {
  await store.putSetting(catalogueSetting, await provider.catalogue(signal), now());
}

function isCatalogue(value: unknown): value is Catalogue {
  return typeof value === 'object' && value !== null && 'locations' in value && 'plans' in value;
}
