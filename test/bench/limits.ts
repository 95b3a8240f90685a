/** A count that may not grow. `npm run bench -- --quick` fails if it is above `most`. */
export interface Limit {
  readonly figure: string;
  readonly most: number;
  /** What is counted. */
  readonly about: string;
}

/**
 * What the structure of the work costs. None of them is a rate or a time of a whole run, so a busy machine breaks none.
 * The counts of Redis and of the provider include a few timers of the worker, and have room for some more.
 */
export const limits: readonly Limit[] = [
  {
    figure: 'SQL statements per purchase',
    most: 12,
    about: 'With begin and commit, as the API records a purchase with an Idempotency-Key.',
  },
  { figure: 'transactions per purchase', most: 1, about: 'A purchase is recorded whole or not at all.' },
  { figure: 'transactions per job in the worker', most: 1, about: 'The settle is the only transaction of a job.' },
  {
    figure: 'SQL statements per settle',
    most: 10,
    about: 'With begin and commit, for a create that was made, and its calls.',
  },
  {
    figure: 'SQL statements per job outside its transaction',
    most: 5,
    about: 'Reads of the work and at the checkpoints, for a create whose machine is ready at once.',
  },
  {
    figure: 'Redis commands per purchase',
    most: 1.3,
    about: 'Sent by the publisher; the commands inside scripts do not count.',
  },
  {
    figure: 'Redis commands per job',
    most: 4.2,
    about: 'Sent by a worker that takes and ends a create, with its progress and log lines.',
  },
  {
    figure: 'calls of the provider per create',
    most: 3.2,
    about: 'For a run that is surely the first, with a machine that is ready at once.',
  },
  {
    figure: 'statements with a full scan',
    most: 0,
    about: 'By EXPLAIN QUERY PLAN, of every statement that was prepared, over a table that grows with the customers.',
  },
  {
    figure: "sweep's longest block at 100,000 waiting, CPU ms",
    most: 100,
    about: 'The CPU time of the event loop between two turns; other processes do not count.',
  },
];

/** One sentence for each figure that is above its limit or was not counted. */
export function brokenLimits(counted: ReadonlyMap<string, number>, of: readonly Limit[] = limits): string[] {
  return of.flatMap(({ figure, most }) => {
    const value = counted.get(figure);
    if (value === undefined) return [`${figure}: not counted.`];
    return value <= most ? [] : [`${figure}: ${value}, and the limit is ${most}.`];
  });
}
