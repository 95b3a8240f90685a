/** The rate limit of a key, and how many machines the provider lists on a page. */
export interface ListBudget {
  readonly callsPerHour: number;
  /** The calls in an hour at the rate that the provider allows for some minutes. */
  readonly burstPerHour: number;
  readonly perPage: number;
}

/** The shortest interval between listings, even if the provider allows a shorter one. */
const minIntervalMs = 300;
/** The share of the calls that one worker uses for listings. Four workers leave half of the calls for other work. */
const share = 1 / 8;

/** The intervals between the starts of two listings by one worker, in ms, as the Provider port has them. */
export function listIntervals({ callsPerHour, burstPerHour, perPage }: ListBudget) {
  const intervalAt = (perHour: number) => (machines: number) => {
    const pages = Math.max(1, Math.ceil(machines / perPage));
    return Math.max(minIntervalMs, Math.ceil((pages * 3_600_000) / (perHour * share)));
  };
  return { listIntervalMs: intervalAt(callsPerHour), hurriedListIntervalMs: intervalAt(burstPerHour) };
}
