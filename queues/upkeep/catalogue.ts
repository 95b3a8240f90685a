import { setting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import { soldOutSubject } from '#queues/gates/stock.ts';
import type { Catalogue, Provider } from '#queues/ports/provider.ts';

export const catalogueSetting = setting('catalogue', isCatalogue);

/**
 * The provider's catalogue, as a worker last read it, without the plans that orders have found sold out since; null: no
 * worker has read it yet.
 */
export async function readCatalogue(store: Pick<Store, 'readSetting' | 'readAlerts'>): Promise<Catalogue | null> {
  const read = (await store.readSetting(catalogueSetting))?.value;
  if (!read) return null;
  const soldOut = new Set((await store.readAlerts('no-capacity')).map(({ subject }) => subject));
  const plans = read.plans.map((plan) => ({
    ...plan,
    locations: plan.locations.filter((location) => !soldOut.has(soldOutSubject({ plan: plan.id, location }))),
  }));
  return { ...read, plans };
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
