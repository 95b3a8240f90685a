const dayMs = 24 * 60 * 60_000;
/** More than any time zone is away from UTC. */
const farthestMs = 27 * 60 * 60_000;

/** The day of an instant in a time zone, as `2026-11-29`. */
export function dayOf(at: Date, zone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at);
}

/** The first instant of a day. Where the clock skips midnight, it is later than midnight. */
export function startOf(day: string, zone: string): Date {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
  const middle = Date.parse(`${day}T00:00:00Z`);
  let [before, within] = [middle - farthestMs, middle + farthestMs];
  while (within - before > 1) {
    const between = Math.floor((before + within) / 2);
    if (format.format(between) < day) before = between;
    else within = between;
  }
  return new Date(within);
}

/** The day after this one. */
export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString().slice(0, 10);
}

/** A part of one day. */
export interface Span {
  readonly day: string;
  readonly from: Date;
  readonly to: Date;
}

/** The parts of a time by days, in order. */
export function spansOf(from: Date, to: Date, zone: string): Span[] {
  const spans: Span[] = [];
  for (let at = from; at < to; ) {
    const day = dayOf(at, zone);
    const end = new Date(Math.min(startOf(dayAfter(day), zone).getTime(), to.getTime()));
    spans.push({ day, from: at, to: end });
    at = end;
  }
  return spans;
}
