import type { Server } from '#db/tables.ts';
import { lackIn } from '#queues/gates/shelf.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import { Problem } from '#src/http/problems/problem.ts';

/**
 * Throws a Problem with the available ids if the catalogue lacks the location or plan. Without a catalogue it accepts
 * any order: if the provider does not have what was ordered, the job waits, with an alert. Call it inside the command's
 * `answer`: then a repeated call gets its first answer even if the catalogue has changed.
 */
export function assertOffered(catalogue: Catalogue | null, order: { location: string; plan: string }): void {
  if (!catalogue) return;
  const locations = catalogue.locations.map(({ id }) => id);
  if (!locations.includes(order.location)) {
    throw notOffered(`Location ${order.location} does not exist.`, { locations });
  }
  const plan = catalogue.plans.find(({ id }) => id === order.plan);
  if (!plan) {
    throw notOffered(`Plan ${order.plan} does not exist.`, { plans: catalogue.plans.map(({ id }) => id) });
  }
  if (plan.locations.includes(order.location)) return;
  if (plan.soldIn?.length === 0) {
    throw notOffered(`Plan ${plan.id} is not sold any more.`, { plans: plansIn(catalogue, order.location) });
  }
  throw notOffered(`Plan ${plan.id} is not available in ${order.location} now.`, {
    locations: plan.locations,
  });
}

/**
 * The same for a rebuild in place, which may wait for a plan that is only sold out. Throws a Problem if the provider
 * does not sell the plan there at all: the server keeps its machine.
 */
export function assertStillSold(catalogue: Catalogue | null, { id, plan, location }: Server): void {
  const lack = catalogue && lackIn(catalogue, { plan, location });
  if (!lack) return;
  const locations = catalogue.plans.find((offered) => offered.id === plan)?.locations ?? [];
  const advice = 'Rebuild it with another plan, or in a location that sells its own.';
  throw notOffered(`The cloud ${lack}: server ${id} keeps its machine. ${advice}`, {
    plans: plansIn(catalogue, location),
    locations,
  });
}

function plansIn({ plans }: Catalogue, location: string): string[] {
  return plans.filter(({ locations }) => locations.includes(location)).map(({ id }) => id);
}

const pointers = { plans: '/plan', locations: '/location' } as const;
type Kind = keyof typeof pointers;

function notOffered(detail: string, available: Readonly<Partial<Record<Kind, readonly string[]>>>): Problem {
  const kinds = (['plans', 'locations'] as const).filter((kind) => available[kind] !== undefined);
  const errors = kinds.map((kind) => ({
    in: 'body',
    pointer: pointers[kind],
    detail: `must be one of the available ${kind}`,
  }));
  const lists = kinds.map((kind) => `${kind} ${available[kind]?.join(', ') || 'none'}`);
  return new Problem('not-offered', `${detail} Available: ${lists.join('; ')}.`, { members: { available, errors } });
}
