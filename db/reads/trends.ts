import { and, asc, eq, gte } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Grain, Trend } from '#db/trends.ts';

/** The minutes or hours since then in which something happened, oldest first. */
export function* readTrends({ db, t: { trends } }: Context, grain: Grain, since: Date): Steps<Trend[]> {
  const { at, purchases, ready, waitedMs, longestMs } = trends;
  const rows = db.select({ at, purchases, ready, waitedMs, longestMs }).from(trends);
  return yield* ask(rows.where(and(eq(trends.grain, grain), gte(at, since))).orderBy(asc(at)));
}
