import type { Items, Location, Plan } from '#src/cli/api/bodies.ts';
import { select } from '#src/html/form.ts';
import type { Html } from '#src/html/html.ts';
import type { Visit } from './page.ts';

/** Lists of the plans and locations that the catalogue has, with these chosen. */
export async function offerInputs(
  { api }: Visit,
  chosen: { readonly plan: string; readonly location: string },
): Promise<Html[]> {
  const [plans, locations] = await Promise.all([
    api.call<Items<Plan>>('GET /v1/plans'),
    api.call<Items<Location>>('GET /v1/locations'),
  ]);
  const planChoices = plans.items.map(({ id, cpus, memoryMb, monthlyCost, currency }) => ({
    value: id,
    text: `${id}: ${cpus} CPU, ${memoryMb} MB, ${monthlyCost} ${currency} a month`,
  }));
  const places = locations.items.map(({ id, city, country }) => ({ value: id, text: `${id}: ${city}, ${country}` }));
  return [
    select('Plan', { name: 'plan', choices: planChoices, chosen: chosen.plan }),
    select('Location', { name: 'location', choices: places, chosen: chosen.location }),
  ];
}
