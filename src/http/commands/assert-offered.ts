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
    throw notOffered(`Location ${order.location} does not exist.`, '/location', { locations });
  }
  const plan = catalogue.plans.find(({ id }) => id === order.plan);
  if (!plan) {
    throw notOffered(`Plan ${order.plan} does not exist.`, '/plan', { plans: catalogue.plans.map(({ id }) => id) });
  }
  if (plan.locations.includes(order.location)) return;
  if (plan.soldIn?.length === 0) {
    const plans = catalogue.plans.filter(({ locations }) => locations.includes(order.location)).map(({ id }) => id);
    throw notOffered(`Plan ${plan.id} is not sold any more.`, '/plan', { plans });
  }
  throw notOffered(`Plan ${plan.id} is not available in ${order.location} now.`, '/location', {
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
  const advice =
    'Rebuild it in a location that sells the plan, or sell the customer a server with another plan and destroy this one.';
  throw notOffered(`The cloud ${lack}: server ${id} keeps its machine. ${advice}`, '/location', { locations });
}

function notOffered(detail: string, pointer: string, available: Record<string, readonly string[]>): Problem {
  const [[kind, ids] = ['', []]] = Object.entries(available);
  const errors = [{ in: 'body', pointer, detail: `must be one of the available ${kind}` }];
  return new Problem('not-offered', `${detail} Available: ${ids.join(', ') || 'none'}.`, {
    members: { available, errors },
  });
}
