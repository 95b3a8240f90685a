import type { Database, TransactOptions } from './database.ts';
import type { Context, Steps } from './steps.ts';
import { insertEvent, type NewEvent } from './transactions/events.ts';

/** Thrown inside a transaction, so that it rolls back. */
class RolledBack extends Error {
  override readonly name = 'RolledBack';
  readonly result: unknown;
  readonly events: readonly NewEvent[];

  constructor(result: unknown, events: readonly NewEvent[]) {
    super('The transaction was only a preview.');
    this.result = result;
    this.events = events;
  }
}

/**
 * The same database, whose transactions run to their end and are rolled back: their checks and their results are real,
 * and nothing is recorded. `onEvent` is called with each event that a transaction would have recorded.
 */
export function previewOf(database: Database, onEvent: (event: NewEvent) => void): Database {
  return {
    ...database,
    isPreview: true,
    transact: async <R>(name: string, steps: (context: Context) => Steps<R>, options: TransactOptions) => {
      try {
        // Others that shared its transaction would write the pages that it had touched.
        const own = { ...options, mayShare: false, interleaveApart: null };
        return await database.transact(name, (context) => rollBack(steps(context)), own);
      } catch (error) {
        if (!(error instanceof RolledBack)) throw error;
        for (const event of error.events) onEvent(event);
        // It is the result of these steps.
        return error.result as R;
      }
    },
  };
}

/** Runs the steps, and throws their result with the events that they have written. */
function* rollBack<R>(steps: Steps<R>): Steps<R> {
  const events: NewEvent[] = [];
  let step = steps.next();
  while (!step.done) {
    const { value } = step;
    if (value.query === insertEvent) events.push(eventIn(value.values));
    step = steps.next(yield value);
  }
  throw new RolledBack(step.value, events);
}

function eventIn(values: unknown): NewEvent {
  // `recordEvent` gives the columns of an event.
  return values as NewEvent;
}
