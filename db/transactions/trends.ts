import { and, asc, eq, gt, inArray, lt, max, sql } from '#db/orm.ts';
import { readStored } from '#db/reads/settings.ts';
import { trendsSetting } from '#db/settings.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { EventRow } from '#db/tables.ts';
import { type Grain, grainMs, grains, keptMs, type TrendCounts } from '#db/trends.ts';
import { putSetting } from './settings.ts';

/** Each page is one transaction. On SQLite it blocks the event loop for a few milliseconds. */
const eventsPerPage = 1_000;
/** An installation that has counted nothing yet begins with its last events. */
const mostFirst = 20_000;

type Counted = Pick<EventRow, 'id' | 'at' | 'type' | 'jobId'>;

/**
 * Adds the events since the last call to the counts of their minutes and hours, and deletes old counts. Leaves out the
 * events since `before`, which may not be complete yet. true: there may be more.
 */
export function* addTrends(context: Context, { before, now }: { before: Date; now: Date }): Steps<boolean> {
  const { db, t } = context;
  // A lock: another process may count at the same time.
  yield* ask(db.update(t.settings).set({ updatedAt: now }).where(eq(t.settings.name, trendsSetting.name)));
  const after = (yield* readStored(context, trendsSetting))?.value ?? (yield* firstEvent(context));
  const page = yield* readEvents(context, after);
  const complete = page.filter(({ at }) => at < before);
  const last = complete.at(-1)?.id ?? after;
  yield* countEvents(context, complete);
  yield* putSetting(context, trendsSetting, { value: last, now });
  for (const grain of grains) {
    const old = lt(t.trends.at, new Date(now.getTime() - keptMs[grain]));
    yield* ask(db.delete(t.trends).where(and(eq(t.trends.grain, grain), old)));
  }
  return complete.length === eventsPerPage;
}

function* firstEvent({ db, t: { events } }: Context): Steps<number> {
  const [newest] = yield* ask(db.select({ id: max(events.id) }).from(events));
  return Math.max(0, (newest?.id ?? 0) - mostFirst);
}

function* readEvents({ db, t: { events } }: Context, after: number): Steps<Counted[]> {
  const { id, at, type, jobId } = events;
  const rows = db.select({ id, at, type, jobId }).from(events).where(gt(id, after));
  return yield* ask(rows.orderBy(asc(id)).limit(eventsPerPage));
}

function* countEvents(context: Context, events: readonly Counted[]): Steps<void> {
  const orderedAt = yield* readOrders(context, events);
  const sums = new Map<string, { grain: Grain; at: Date } & TrendCounts>();
  for (const event of events) {
    const counts = countsOf(event, orderedAt);
    if (counts) for (const grain of grains) addTo(sums, { grain, at: beginning(event.at, grain) }, counts);
  }
  const { db, t } = context;
  for (const sum of sums.values()) {
    const row = db.insert(t.trends).values(sum);
    const { purchases, ready, waitedMs, longestMs } = t.trends;
    const set = {
      purchases: sql`${purchases} + ${sum.purchases}`,
      ready: sql`${ready} + ${sum.ready}`,
      waitedMs: sql`${waitedMs} + ${sum.waitedMs}`,
      longestMs: sql`case when ${longestMs} > ${sum.longestMs} then ${longestMs} else ${sum.longestMs} end`,
    };
    yield* ask(row.onConflictDoUpdate({ target: [t.trends.grain, t.trends.at], set }));
  }
}

/** When the creates were asked for that these events are about. */
function* readOrders({ db, t: { jobs } }: Context, events: readonly Counted[]): Steps<ReadonlyMap<string, Date>> {
  const ids = events.flatMap(({ type, jobId }) => (type === 'server.ready' && jobId !== null ? [jobId] : []));
  if (ids.length === 0) return new Map();
  const rows = yield* ask(
    db.select({ id: jobs.id, createdAt: jobs.createdAt }).from(jobs).where(inArray(jobs.id, ids)),
  );
  return new Map(rows.map(({ id, createdAt }) => [id, createdAt]));
}

/** null: the event counts nothing. */
function countsOf({ type, at, jobId }: Counted, orderedAt: ReadonlyMap<string, Date>): TrendCounts | null {
  if (type === 'server.purchased') return { purchases: 1, ready: 0, waitedMs: 0, longestMs: 0 };
  const ordered = type === 'server.ready' && jobId !== null ? orderedAt.get(jobId) : undefined;
  if (ordered === undefined) return null;
  const waitedMs = Math.max(0, at.getTime() - ordered.getTime());
  return { purchases: 0, ready: 1, waitedMs, longestMs: waitedMs };
}

function beginning(at: Date, grain: Grain): Date {
  return new Date(Math.floor(at.getTime() / grainMs[grain]) * grainMs[grain]);
}

function addTo(
  sums: Map<string, { grain: Grain; at: Date } & TrendCounts>,
  { grain, at }: { readonly grain: Grain; readonly at: Date },
  counts: TrendCounts,
): void {
  const key = `${grain} ${at.getTime()}`;
  const { purchases, ready, waitedMs, longestMs } = sums.get(key) ?? {
    purchases: 0,
    ready: 0,
    waitedMs: 0,
    longestMs: 0,
  };
  sums.set(key, {
    grain,
    at,
    purchases: purchases + counts.purchases,
    ready: ready + counts.ready,
    waitedMs: waitedMs + counts.waitedMs,
    longestMs: Math.max(longestMs, counts.longestMs),
  });
}
