import type { Scenario } from './scenario.ts';
import type { Verdict } from './verdict.ts';

/** What a scenario came to. */
export interface Result {
  readonly scenario: Scenario;
  readonly runs: number;
  readonly verdict: Verdict;
  /** In ms, one for each recovery that was waited for. */
  readonly recoveries: readonly number[];
  readonly notes: readonly string[];
  /** Where its logs and database are; null: they were removed. */
  readonly folder: string | null;
  readonly seconds: number;
}

export function isSound({ verdict }: Result): boolean {
  const { broken, lost, duplicated, orphans, unexpected } = verdict;
  return broken.length === 0 && lost + duplicated + orphans + unexpected === 0;
}

/** The value that `part` (0 to 1) of them do not exceed; null: there is none. */
export function quantile(values: readonly number[], part: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null;
}

/** Whether recoveries took longer than promised; a sentence each. */
export function tooSlow({ promise }: Scenario, recoveries: readonly number[]): string[] {
  const limits = [
    { part: 0.95, seconds: promise?.p95Seconds, where: 'at the 95th percentile' },
    { part: 1, seconds: promise?.worstSeconds, where: 'at worst' },
  ];
  return limits.flatMap(({ part, seconds, where }) => {
    const took = quantile(recoveries, part);
    if (seconds === undefined || (took !== null && took <= seconds * 1000)) return [];
    if (took === null) return ['Nothing was seen to recover.'];
    return [`Recovery took ${(took / 1000).toFixed(1)} s ${where}, and ${seconds} s are promised.`];
  });
}
