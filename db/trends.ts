/** The lengths of time that purchases are counted by. */
export const grains = ['minute', 'hour'] as const;
export type Grain = (typeof grains)[number];

export const grainMs: Readonly<Record<Grain, number>> = { minute: 60_000, hour: 60 * 60_000 };

/** How long the rows of each grain are kept: a little longer than the charts show. */
export const keptMs: Readonly<Record<Grain, number>> = { minute: 25 * 60 * 60_000, hour: 31 * 24 * 60 * 60_000 };

/** What happened in one minute or hour. */
export interface TrendCounts {
  readonly purchases: number;
  /** The servers that became ready. */
  readonly ready: number;
  /** The sum of their times from the order to ready. */
  readonly waitedMs: number;
  readonly longestMs: number;
}

export interface Trend extends TrendCounts {
  /** The beginning. */
  readonly at: Date;
}
