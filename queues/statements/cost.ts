import type { Amount, PlanCost } from '#db/statements.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import { sums } from './amounts.ts';
import type { PlanUsage } from './usage.ts';

/** For people: how the costs were computed. */
export const estimate = 'hours × monthly price / 730, without VAT, by the catalogue of the day after';

const hourMs = 60 * 60_000;
const hoursPerMonth = 730;
/** The smallest unit of the currencies in which clouds bill. */
const perUnit = 100;

/** What the machines of a day cost, by plan, by the catalogue of their provider. */
export function costsOf(plans: readonly PlanUsage[], catalogue: Catalogue | null, provider: string): PlanCost[] {
  return plans
    .map((usage) => {
      const offer = usage.provider === provider ? catalogue?.plans.find(({ id }) => id === usage.plan) : undefined;
      const { ms, ...machines } = usage;
      const hours = Math.round((ms / hourMs) * 1_000) / 1_000;
      return { ...machines, hours, cost: offer ? costOf(ms, offer) : null };
    })
    .toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

function costOf(ms: number, { monthlyCost, currency }: { monthlyCost: number; currency: string }): Amount {
  const amount = (ms / hourMs) * (monthlyCost / hoursPerMonth) * perUnit;
  return { currency, amount: Math.round(amount * 100) / 100 };
}

function keyOf({ provider, plan, isOrphan }: PlanCost): string {
  return `${provider} ${plan} ${isOrphan}`;
}

/** The sum by currency; null: one of the plans has no price. */
export function totalCost(costs: readonly PlanCost[]): Amount[] | null {
  const amounts = costs.flatMap(({ cost }) => cost ?? []);
  return amounts.length === costs.length ? sums(amounts) : null;
}
