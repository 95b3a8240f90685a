import { setting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import { stockSubject } from '#queues/gates/stock.ts';
import type { Catalogue, Provider } from '#queues/ports/provider.ts';

interface StoredCatalogue extends Catalogue {
  /** The name of the provider that it was read from. Not given: an older version has read it. */
  readonly provider?: string;
}

export const catalogueSetting = setting('catalogue', isCatalogue);

/** The catalogue of this provider, as a worker last read it; null: no worker has read it yet. */
export async function readCatalogue(store: Pick<Store, 'readSetting'>, provider: string): Promise<Catalogue | null> {
  const read = (await store.readSetting(catalogueSetting))?.value;
  return read && (read.provider ?? provider) === provider ? read : null;
}

/** The catalogue without the plans that orders were refused for since; null: no worker has read it yet. */
export async function readOffer(
  store: Pick<Store, 'readSetting' | 'readAlerts'>,
  provider: string,
): Promise<Catalogue | null> {
  const read = await readCatalogue(store, provider);
  if (!read) return null;
  const refused = [...(await store.readAlerts('no-capacity')), ...(await store.readAlerts('configuration'))];
  const subjects = new Set(refused.map(({ subject }) => subject));
  const plans = read.plans.map((plan) => ({
    ...plan,
    locations: plan.locations.filter((location) => !subjects.has(stockSubject({ plan: plan.id, location }))),
  }));
  return { ...read, plans };
}

/** Reads the provider's catalogue and stores it, so that the API can show it without a call to the provider. */
export async function refreshCatalogue(
  { store, provider, now }: { store: Pick<Store, 'putSetting'>; provider: Provider; now: () => Date },
  signal: AbortSignal,
): Promise<Catalogue> {
  const catalogue = await provider.catalogue(signal);
  await store.putSetting(catalogueSetting, { ...catalogue, provider: provider.name }, now());
  return catalogue;
}

function isCatalogue(value: unknown): value is StoredCatalogue {
  return typeof value === 'object' && value !== null && 'locations' in value && 'plans' in value;
}
