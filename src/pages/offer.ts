import type { Items, Location, Plan } from '#src/cli/api/bodies.ts';
import { money } from '#src/cli/print/texts.ts';
import { empty } from '#src/html/empty.ts';
import { select } from '#src/html/form.ts';
import type { Html } from '#src/html/html.ts';
import { Problem } from '#src/http/problems/problem.ts';
import type { PageApi } from './api/page-api.ts';

/** The locations and plans that the catalogue has. */
export interface Offer {
  readonly locations: readonly Location[];
  readonly plans: readonly Plan[];
}

/** null: no worker has read the catalogue yet. */
export async function readOffer(api: PageApi): Promise<Offer | null> {
  try {
    const [locations, plans] = await Promise.all([
      api.call<Items<Location>>('GET /v1/locations'),
      api.call<Items<Plan>>('GET /v1/plans'),
    ]);
    return { locations: locations.items, plans: plans.items };
  } catch (error) {
    if (error instanceof Problem && error.kind === 'not-ready') return null;
    throw error;
  }
}

/** Shown instead of an offer that is not known. */
export const noOffer = empty('The catalogue is not known yet.', 'A worker reads it from the cloud within a minute.');

/** Lists of the locations and plans of the offer, with these chosen. */
export function offerInputs(
  { locations, plans }: Offer,
  chosen: { readonly location: string; readonly plan: string },
): Html[] {
  const places = locations.map((location) => ({ value: location.id, text: locationText(location) }));
  const planChoices = plans.map((plan) => ({ value: plan.id, text: planText(plan) }));
  return [
    select('Location', { name: 'location', choices: places, chosen: chosen.location }),
    select('Plan', { name: 'plan', choices: planChoices, chosen: chosen.plan }),
  ];
}

export function locationText({ id, city, country }: Location): string {
  return `${id} (${city}, ${country})`;
}

function planText({ id, cpus, memoryMb, monthlyCost: amount, currency }: Plan): string {
  return `${id}: ${cpus} CPU, ${memoryMb} MB, ${money({ amount, currency })} a month`;
}
