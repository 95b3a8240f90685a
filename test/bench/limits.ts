/** A count that may not grow. `npm run bench -- --quick` fails if it is above `most`. */
export interface Limit {
  readonly figure: string;
  readonly most: number;
  /** What is counted. */
  readonly about: string;
}

/** What the structure of the work costs. None of them is a rate or a time of a whole run. */
export const limits: readonly Limit[] = [
  { figure: 'SQL statements per purchase', most: 999, about: 'With begin and commit, as the API records a purchase.' },
];

/** One sentence for each figure that is above its limit or was not counted. */
export function brokenLimits(counted: ReadonlyMap<string, number>, of: readonly Limit[] = limits): string[] {
  return of.flatMap(({ figure, most }) => {
    const value = counted.get(figure);
    if (value === undefined) return [`${figure}: not counted.`];
    return value <= most ? [] : [`${figure}: ${value}, and the limit is ${most}.`];
  });
}
