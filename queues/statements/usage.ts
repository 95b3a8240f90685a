import { setting } from '#db/settings.ts';
import type { MachineCounts } from '#db/statements.ts';
import type { Billed } from '#queues/inventory/billed.ts';
import { inSlices } from '#queues/inventory/in-slices.ts';
import { dayAfter, dayOf, type Span, spansOf, startOf } from './days.ts';

/** How long the machines of one plan existed, in ms of all of them together. */
export interface PlanUsage {
  readonly provider: string;
  readonly plan: string;
  readonly isOrphan: boolean;
  readonly ms: number;
}

export interface DayUsage {
  readonly plans: readonly PlanUsage[];
  /** As the last listing of the day found them; null: there was none that day. */
  readonly counts: MachineCounts | null;
  /** The first listing after the day, in ms since 1970; null: none yet. */
  readonly closedAt: number | null;
}

/** How long machines existed, by day, as complete listings have shown it. */
export interface Usage {
  /** The first and the last listing that it covers, in ms since 1970. */
  readonly beganAt: number;
  readonly listedAt: number;
  /** The latest days. */
  readonly days: Readonly<Record<string, DayUsage>>;
}

/** Kept for statements that are still to be written. */
const daysKept = 4;

export const usageSetting = setting('usage', isUsage);

/**
 * Adds a listing: each machine in it existed since the listing before, or since it was made. So a machine counts until
 * the last listing that showed it, and a time without listings counts for the machines that exist after it.
 */
export async function addListing(before: Usage | null, listing: Billed, zone: string): Promise<Usage> {
  const at = listing.at.getTime();
  if (before !== null && at <= before.listedAt) return before;
  const today = dayOf(listing.at, zone);
  const from = before === null ? startOf(today, zone) : new Date(before.listedAt);
  const days = new Map(Object.entries(before?.days ?? {}));
  for (const span of endsOf(spansOf(from, listing.at, zone))) {
    const { plans, counts } = days.get(span.day) ?? unlisted;
    days.set(span.day, {
      plans: await addUsage(plans, listing, span),
      counts,
      closedAt: span.day === today ? null : at,
    });
  }
  const { plans } = days.get(today) ?? unlisted;
  days.set(today, { plans, counts: listing.counts, closedAt: null });
  const kept = [...days].toSorted(([one], [other]) => (one < other ? -1 : 1)).slice(-daysKept);
  return { beganAt: before?.beganAt ?? at, listedAt: at, days: Object.fromEntries(kept) };
}

const unlisted: DayUsage = { plans: [], counts: null, closedAt: null };

/** The days between have no listing, so that nothing is known of them. */
function endsOf(spans: readonly Span[]): Span[] {
  return spans.filter((_, index) => index === 0 || index === spans.length - 1);
}

async function addUsage(plans: DayUsage['plans'], listing: Billed, { from, to }: Span): Promise<PlanUsage[]> {
  const { provider, machines, orphanIds } = listing;
  const sums = new Map(plans.map((usage) => [keyOf(usage), usage]));
  await inSlices(machines, ({ id, plan, createdAt }) => {
    const ms = to.getTime() - Math.max(from.getTime(), createdAt.getTime());
    if (ms <= 0) return;
    const usage = { provider, plan, isOrphan: orphanIds.has(id) };
    const key = keyOf(usage);
    sums.set(key, { ...usage, ms: ms + (sums.get(key)?.ms ?? 0) });
  });
  return [...sums.values()];
}

function keyOf({ provider, plan, isOrphan }: Omit<PlanUsage, 'ms'>): string {
  return JSON.stringify([provider, plan, isOrphan]);
}

/** A listing that comes later than this closes no day: too much may have happened in between. */
const closesWithinMs = 24 * 60 * 60_000;

/** The usage of a whole day; null: listings do not cover it, or not yet. */
export function usageOf(usage: Usage | null, day: string, zone: string): (DayUsage & { counts: MachineCounts }) | null {
  const found = usage?.days[day];
  if (!usage || !found || found.counts === null || found.closedAt === null) return null;
  const isWhole = usage.beganAt <= startOf(day, zone).getTime();
  const isClosed = found.closedAt <= startOf(dayAfter(day), zone).getTime() + closesWithinMs;
  return isWhole && isClosed ? { ...found, counts: found.counts } : null;
}

function isUsage(value: unknown): value is Usage {
  return typeof value === 'object' && value !== null && 'beganAt' in value && 'listedAt' in value && 'days' in value;
}
