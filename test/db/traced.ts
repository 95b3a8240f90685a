import type { Database } from '#db/database.ts';
import { type Context, isHot, type Steps } from '#db/steps.ts';

/** The same database; `seen` gets the text of each statement with its placeholders, before it runs. */
export function traced(database: Database, seen: (sql: string, parameters: number) => void): Database {
  const traceSteps = <R>(body: (context: Context) => Steps<R>) =>
    function* (context: Context): Steps<R> {
      const steps = body(context);
      let step = steps.next();
      while (!step.done) {
        const { query } = step.value;
        if (query) {
          const { sql, params } = (isHot(query) ? query.build(context) : query).toSQL();
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
