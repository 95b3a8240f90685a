import { count, type SQL, type SQLiteTable, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';

interface Counted {
  readonly table: SQLiteTable;
  readonly where: SQL | undefined;
  /** The count stops there. */
  readonly most: number;
}

/** How many rows of the table fit, at most `most`. */
export function* countUpTo({ db }: Context, { table, where, most }: Counted): Steps<number> {
  const rows = db
    .select({ one: sql`1`.as('one') })
    .from(table)
    .where(where)
    .limit(most)
    .as('rows');
  const [counted] = yield* ask(db.select({ count: count() }).from(rows));
  return counted?.count ?? 0;
}
