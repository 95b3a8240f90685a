import { folded } from '#db/fold.ts';
import { asc, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { foldedCustomer } from './customers.ts';

const mostRows = 200;

/**
 * The customers of the servers that come next in the order of the index `servers_by_customer`, from this text on. Those
 * that begin with it are the first of them.
 */
export function* readSimilarCustomers({ db, t: { servers } }: Context, text: string): Steps<string[]> {
  const name = foldedCustomer(servers);
  const rows = yield* ask(
    db
      .select({ customer: servers.customer })
      .from(servers)
      .where(sql`${name} >= ${folded(text)}`)
      .orderBy(asc(name), asc(servers.id))
      .limit(mostRows),
  );
  return [...new Set(rows.map(({ customer }) => customer))];
}
