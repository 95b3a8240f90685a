/** The rate limit of a key, and how many machines the provider lists on a page. */
export interface ListBudget {
  readonly callsPerHour: number;
  readonly perPage: number;
}

/** The shortest interval between listings, even if the provider allows a shorter one. */
const minIntervalMs = 5_000;
/** The share of the calls that one worker uses for listings. Four workers leave half of the calls for other work. */
const share = 1 / 8;

/** The time between the starts of two listings of this many machines by one worker, in ms. */
export function listIntervalMs({ callsPerHour, perPage }: ListBudget, machines: number): number {
  const pages = Math.max(1, Math.ceil(machines / perPage));
  return Math.max(minIntervalMs, Math.ceil((pages * 3_600_000) / (callsPerHour * share)));
}
