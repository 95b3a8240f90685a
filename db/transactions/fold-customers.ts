import { foldedIfOther } from '#db/fold.ts';
import { firstId } from '#db/ids.ts';
import { asc, eq, gt, sql } from '#db/orm.ts';
import { foldedCustomersSetting } from '#db/settings.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { putSetting } from './settings.ts';

export interface CustomersPage {
  /** Only servers with ids after this one. */
  readonly after: string;
  readonly limit: number;
  readonly now: Date;
}

export interface FoldedPage {
  /** How many forms were missing, and are written. */
  readonly written: number;
  /** The last server of the page; null: no page follows. */
  readonly last: string | null;
}

/** While a new version starts, processes of the older one may go on selling, for less than this. */
const olderVersionSellsMs = 24 * 60 * 60_000;

/**
 * Writes the folded form of the customers of a page of servers, as far as it is missing: a version before the column
 * `customer_folded` has left it out. The setting keeps the place for the next start. It stays a day back, so that the
 * next start also folds what an older version has sold meanwhile.
 */
export function* foldPage(context: Context, { after, limit, now }: CustomersPage): Steps<FoldedPage> {
  const { db, t } = context;
  const { id, customer, customerFolded } = t.servers;
  const rows = yield* ask(
    db.select({ id, customer, customerFolded }).from(t.servers).where(gt(id, after)).orderBy(asc(id)).limit(limit),
  );
  const missing = rows
    .map((row) => ({ ...row, form: foldedIfOther(row.customer) }))
    .filter(({ customerFolded, form }) => customerFolded !== form);
  if (missing.length > 0) yield* writeForms(context, missing);
  const last = rows.at(-1)?.id ?? after;
  const value = [last, firstId('srv', new Date(now.getTime() - olderVersionSellsMs))].sort()[0] ?? '';
  yield* putSetting(context, foldedCustomersSetting, { value, now });
  return { written: missing.length, last: rows.length < limit ? null : last };
}

/** In one statement: on Postgres each takes a round trip. Both dialects name the columns of `values` alike. */
function* writeForms(
  { db, t: { servers } }: Context,
  forms: readonly { readonly id: string; readonly form: string | null }[],
): Steps<void> {
  const rows = sql.join(
    forms.map(({ id, form }) => sql`(${id}, ${form})`),
    sql`, `,
  );
  yield* ask(
    db
      .update(servers)
      .set({ customerFolded: sql`forms.column2` })
      .from(sql`(values ${rows}) as forms`)
      .where(eq(servers.id, sql`forms.column1`)),
  );
}
