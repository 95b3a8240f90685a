import { NotFoundError } from '#db/errors.ts';
import { folded } from '#db/fold.ts';
import { Problem } from '#src/http/problems/problem.ts';
import type { Route } from '#src/http/route.ts';
import type { Services } from '#src/http/services/services.ts';
import type { Caller } from '#src/keys/caller.ts';

/**
 * Holds a key of one customer to that customer: throws NotFoundError if the path names something of another one, and a
 * Problem if the route is not for such keys.
 */
export async function assertOwn({ forCustomers }: Route, asked: Asked, { store }: Services): Promise<void> {
  const { key, params } = asked;
  if (key === null || key.customer === null) return;
  if (forCustomers === 'never') throw forWholeInstallation(key);
  if (forCustomers === 'filtered' || forCustomers === 'shared') return;
  const { id } = params as { readonly id: string };
  if (!(await store.isOwn({ kind: forCustomers, id }, key.customer))) throw new NotFoundError(forCustomers, id);
}

interface Asked {
  readonly key: Caller | null;
  /** Parsed. */
  readonly params: unknown;
}

function forWholeInstallation({ name }: Caller): Problem {
  return new Problem('forbidden', `Key ${name} is of one customer. This request concerns the whole installation.`);
}

/** Throws a Problem if a key of one customer orders for another one. */
export function assertOrdersForItself({ key }: Pick<Asked, 'key'>, customer: string): void {
  if (key === null || key.customer === null || folded(key.customer) === folded(customer)) return;
  throw new Problem('forbidden', `Key ${key.name} is of another customer than the order.`);
}
