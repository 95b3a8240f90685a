import type { Figures } from '#db/reads/figures.ts';
import { setting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import { type Alert, alert } from './alert.ts';

/** A plan that customers have, and that the provider does not sell any more. */
interface WithdrawnPlan {
  readonly plan: string;
  /** How many machines have it. */
  readonly machines: number;
  /** When it was first missing in the catalogue, in ISO 8601. */
  readonly since: string;
}

const withdrawnPlansSetting = setting('withdrawn plans', isListOfPlans);

export interface ReadOffer {
  readonly provider: string;
  readonly catalogue: Catalogue;
  readonly now: Date;
}

/** Records the plans of customers' machines that this catalogue lacks, so that the API can raise an alert for each. */
export async function recordWithdrawn(
  store: Pick<Store, 'readFigures' | 'readSetting' | 'putSetting'>,
  { provider, catalogue, now }: ReadOffer,
): Promise<void> {
  const before = (await store.readSetting(withdrawnPlansSetting))?.value ?? [];
  const { machines } = await store.readFigures();
  const since = (plan: string) => before.find((one) => one.plan === plan)?.since ?? now.toISOString();
  const withdrawn = [...countsByPlan(machines, provider)]
    .filter(([plan]) => !isSold(catalogue, plan))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([plan, count]) => ({ plan, machines: count, since: since(plan) }));
  if (JSON.stringify(before) !== JSON.stringify(withdrawn))
    await store.putSetting(withdrawnPlansSetting, withdrawn, now);
}

function countsByPlan(machines: Figures['machines'], provider: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { plan, count } of machines.filter((one) => one.provider === provider && one.state === 'current'))
    counts.set(plan, count + (counts.get(plan) ?? 0));
  return counts;
}

/** A plan that is only sold out is sold. */
function isSold({ plans }: Catalogue, plan: string): boolean {
  return plans.some(({ id, soldIn }) => id === plan && soldIn?.length !== 0);
}

function isListOfPlans(value: unknown): value is readonly WithdrawnPlan[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && 'plan' in one);
}

/** An alert for each plan that customers have and that the provider does not sell any more. */
export async function readWithdrawnPlans({ store }: { readonly store: Pick<Store, 'readSetting'> }): Promise<Alert[]> {
  const withdrawn = (await store.readSetting(withdrawnPlansSetting))?.value ?? [];
  return withdrawn.map(({ plan, machines, since }) =>
    alert({
      kind: 'plan-withdrawn',
      subject: plan,
      message: `The provider does not sell the plan ${plan} any more. ${machines === 1 ? '1 machine has' : `${machines} machines have`} it and keep${machines === 1 ? 's' : ''} running. A rebuild of such a server needs another plan.`,
      raisedAt: new Date(since),
      detail: { plan, machines: String(machines) },
    }),
  );
}
