import type { Catalogue } from '#queues/ports/provider.ts';
import { Problem } from '#src/http/problems/problem.ts';

/**
 * Throws a Problem with the available ids if the catalogue lacks the location or plan. Without a catalogue it accepts
 * any order, and the job fails if the provider rejects it. Call it inside the command's `answer`: then a repeated call
 * gets its first answer even if the catalogue has changed.
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
  if (!plan.locations.includes(order.location)) {
    throw notOffered(`Plan ${plan.id} is not available in ${order.location} now.`, '/location', {
      locations: plan.locations,
    });
  }
}

function notOffered(detail: string, pointer: string, available: Record<string, readonly string[]>): Problem {
  const [[kind, ids] = ['', []]] = Object.entries(available);
  const errors = [{ in: 'body', pointer, detail: `must be one of the available ${kind}` }];
  return new Problem('not-offered', `${detail} Available: ${ids.join(', ') || 'none'}.`, {
    members: { available, errors },
  });
}
