import type { Database } from '#db/database.ts';
import { type Context, isHot, type Query, type Steps } from '#db/steps.ts';

interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** The same database; `seen` gets the text of each statement with its placeholders, before it runs. */
export function traced(database: Database, seen: (sql: string, parameters: number) => void): Database {
  const traceSteps = <R>(body: (context: Context) => Steps<R>) =>
    function* (context: Context): Steps<R> {
      const steps = body(context);
      let step = steps.next();
      while (!step.done) {
        const { query } = step.value;
        if (query) {
          const { sql, params } = statementOf(isHot(query) ? query.build(context) : query);
          seen(sql, params.length);
        }
        const rows = yield step.value;
        step = steps.next(rows);
      }
      return step.value;
    };
  return {
    ...database,
    read: (name, body) => database.read(name, traceSteps(body)),
    transact: (name, body, options) => database.transact(name, traceSteps(body), options),
  };
}

/** Every builder of drizzle has toSQL; the Store's type of a query does not show it. */
function statementOf(query: Query<unknown>): Statement {
  return (query as unknown as { toSQL(): Statement }).toSQL();
}
