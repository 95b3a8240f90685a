/** What a provider allows a key, and how many machines it lists on a page. */
export interface ListBudget {
  readonly callsPerHour: number;
  readonly perPage: number;
}

/** A machine that has come up is not noticed sooner, whatever the provider allows. */
const leastMs = 5_000;
/** Each worker lists for itself: with this share of the calls, four of them leave half to everything else. */
const share = 1 / 8;

/** How long a worker is to wait between the starts of two listings of so many machines, in ms. */
export function listIntervalMs({ callsPerHour, perPage }: ListBudget, machines: number): number {
  const pages = Math.max(1, Math.ceil(machines / perPage));
  return Math.max(leastMs, Math.ceil((pages * 3_600_000) / (callsPerHour * share)));
}
