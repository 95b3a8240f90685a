import type { Catalogue } from '#queues/ports/provider.ts';
import { Problem } from '#src/http/problems/problem.ts';

/**
 * Refuses what the provider is known not to offer, and lists what it does. While nothing is known of the offer,
 * everything passes: the job will tell. Called while a command makes its answer, so that a repeated call gets its first
 * answer even if the offer has changed since.
 */
export function assertOffered(catalogue: Catalogue | null, wanted: { location: string; plan: string }): void {
  if (!catalogue) return;
  const locations = catalogue.locations.map(({ id }) => id);
  if (!locations.includes(wanted.location)) {
    throw notOffered(`There is no location ${wanted.location}.`, '/location', { locations });
  }
  const plan = catalogue.plans.find(({ id }) => id === wanted.plan);
  if (!plan) {
    throw notOffered(`There is no plan ${wanted.plan}.`, '/plan', { plans: catalogue.plans.map(({ id }) => id) });
  }
  if (!plan.locations.includes(wanted.location)) {
    throw notOffered(`Plan ${plan.id} is not to be had in ${wanted.location} at the moment.`, '/location', {
      locations: plan.locations,
    });
  }
}

function notOffered(detail: string, pointer: string, available: Record<string, readonly string[]>): Problem {
  const [[what, ids] = ['', []]] = Object.entries(available);
  const errors = [{ in: 'body', pointer, detail: `must be one of the available ${what}` }];
  return new Problem('not-offered', `${detail} Available: ${ids.join(', ') || 'nothing'}.`, {
    members: { available, errors },
  });
}
