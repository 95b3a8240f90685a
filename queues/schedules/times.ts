import { hash } from 'node:crypto';
import { Temporal } from 'temporal-polyfill';
import { type ScheduleTimes, weekdays } from '#db/schedules.ts';

/** The zone's own name: `europe/berlin` is Europe/Berlin. null: there is no such zone. */
export function zoneNamed(name: string): string | null {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId;
  } catch {
    return null;
  }
}

/**
 * The first time of the schedule after this instant. Where the clock skips that time, it is as much later as the clock
 * skips; where the clock shows it twice, it is the first of them. In a short month, day 31 is its last day.
 */
export function nextTime(times: ScheduleTimes, after: Date): Date {
  const today = Temporal.Instant.fromEpochMilliseconds(after.getTime()).toZonedDateTimeISO(times.zone).toPlainDate();
  // A time of the last interval may have been moved to after now.
  for (let n = -1; ; n += 1) {
    const { epochMilliseconds } = dateOf(times, today, n)
      .toPlainDateTime(Temporal.PlainTime.from(times.at))
      .toZonedDateTime(times.zone, { disambiguation: 'compatible' });
    if (epochMilliseconds > after.getTime()) return new Date(epochMilliseconds);
  }
}

/** The schedule's day in the interval that is `n` after that of `today`. */
function dateOf({ every, weekday, day }: ScheduleTimes, today: Temporal.PlainDate, n: number): Temporal.PlainDate {
  switch (every) {
    case 'day':
      return today.add({ days: n });
    case 'week':
      return today.add({ days: weekdays.indexOf(weekday ?? 'monday') + 1 - today.dayOfWeek + 7 * n });
    case 'month':
      return today
        .with({ day: 1 })
        .add({ months: n })
        .with({ day: day ?? 1 }, { overflow: 'constrain' });
  }
}

const longestDelayMs = 10 * 60_000;

/** How much later than its time a server is rebuilt, always the same, so that not all start at once. */
export function delayMs(serverId: string): number {
  return Number.parseInt(hash('sha256', serverId).slice(0, 12), 16) % longestDelayMs;
}

/** When the server of this schedule is rebuilt next, after this instant. */
export function nextRebuild(times: ScheduleTimes, serverId: string, after: Date): Date {
  return new Date(nextTime(times, after).getTime() + delayMs(serverId));
}

/** The next `count` rebuilds, of which the first is at `nextAt`. */
export function nextRebuilds(
  schedule: ScheduleTimes & { readonly serverId: string; readonly nextAt: Date },
  count: number,
): Date[] {
  const { serverId, nextAt } = schedule;
  const rebuilds = [nextAt];
  while (rebuilds.length < count) rebuilds.push(nextRebuild(schedule, serverId, rebuilds.at(-1) ?? nextAt));
  return rebuilds;
}
