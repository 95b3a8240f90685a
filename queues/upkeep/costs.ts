import type { Figures } from '#db/reads/figures.ts';
import { setting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import type { Catalogue } from '#queues/ports/provider.ts';

/** The monthly cost of the machines of one kind, without VAT, by the last known catalogue. */
export interface MonthlyCost {
  /** `orphan`: paid for, although no server needs the machine. */
  readonly kind: 'owned' | 'orphan';
  readonly provider: string;
  readonly currency: string;
  readonly amount: number;
}

/** The plans of the machines that carry our tag and have no row, one entry per machine. */
const orphansSetting = setting('orphans', isListOfPlans);

/** Records the plans of the machines that carry our tag and have no row, so that the API can compute their cost. */
export async function recordOrphans(
  store: Pick<Store, 'readSetting' | 'putSetting'>,
  plans: readonly string[],
  now: Date,
): Promise<void> {
  const before = await store.readSetting(orphansSetting);
  const sorted = [...plans].sort();
  if (JSON.stringify(before?.value) !== JSON.stringify(sorted)) await store.putSetting(orphansSetting, sorted, now);
}

export interface CostSources {
  readonly store: Pick<Store, 'readFigures' | 'readSetting'>;
  /** The catalogue of `provider`; null: not known yet, so that nothing has a price. */
  readonly catalogue: () => Promise<Catalogue | null>;
  readonly provider: string;
}

/** The costs of all machines at the provider, by kind and currency. A plan that is no longer sold counts as 0. */
export async function readCosts({ store, catalogue, provider }: CostSources): Promise<MonthlyCost[]> {
  const [offer, { machines }, orphans] = await Promise.all([
    catalogue(),
    store.readFigures(),
    store.readSetting(orphansSetting),
  ]);
  const counted = [
    ...machines.filter((one) => one.provider === provider).map(ofRow),
    ...(orphans?.value ?? []).map((plan) => ({ kind: 'orphan', plan, count: 1 })),
  ];
  const total = (kind: string, currency: string) => {
    const priceOf = (plan: string) =>
      offer?.plans.find(({ id, currency: billed }) => id === plan && billed === currency)?.monthlyCost ?? 0;
    return counted.reduce((sum, one) => (one.kind === kind ? sum + one.count * priceOf(one.plan) : sum), 0);
  };
  const currencies = [...new Set(offer?.plans.map(({ currency }) => currency))];
  return currencies.flatMap((currency) =>
    (['owned', 'orphan'] as const).map((kind) => ({
      kind,
      provider,
      currency,
      amount: inCents(total(kind, currency)),
    })),
  );
}

function ofRow({ state, plan, count }: Figures['machines'][number]) {
  return { kind: state === 'abandoned' ? 'orphan' : 'owned', plan, count };
}

function isListOfPlans(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((plan) => typeof plan === 'string');
}

function inCents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
