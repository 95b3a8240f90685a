import type { Scenario } from './scenario.ts';
import type { Verdict } from './verdict.ts';

/** The result of all runs of a scenario. */
export interface Result {
  readonly scenario: Scenario;
  readonly runs: number;
  readonly verdict: Verdict;
  /** The duration of each recorded recovery, in ms. */
  readonly recoveries: readonly number[];
  readonly notes: readonly string[];
  /** The folder of logs and database, or null if it was removed. */
  readonly folder: string | null;
  readonly seconds: number;
}

export function isSound({ verdict }: Result): boolean {
  const { broken, lost, duplicated, orphans, unexpected } = verdict;
  return broken.length === 0 && lost + duplicated + orphans + unexpected === 0;
}

/** The value that this share (0 to 1) of the values does not exceed; null if there are no values. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** A sentence for each limit that recoveries exceeded, or for which no recovery was recorded. */
export function tooSlow({ promise }: Scenario, recoveries: readonly number[]): string[] {
  const limits = [
    { share: 0.95, seconds: promise?.p95Seconds, where: 'at the 95th percentile' },
    { share: 1, seconds: promise?.worstSeconds, where: 'at worst' },
  ];
  return limits.flatMap(({ share, seconds, where }) => {
    const took = quantile(recoveries, share);
    if (seconds === undefined || (took !== null && took <= seconds * 1000)) return [];
    if (took === null) return ['No recovery was recorded.'];
    return [`Recovery took ${(took / 1000).toFixed(1)} s ${where}; the promise is ${seconds} s.`];
  });
}
