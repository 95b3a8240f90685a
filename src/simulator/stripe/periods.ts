import type { Item, Price } from './shapes.ts';

/** The period that begins at this second, as long as the price's interval. A 31st becomes the month's last day. */
export function periodFrom(
  start: number,
  { recurring }: Price,
): Pick<Item, 'current_period_start' | 'current_period_end'> {
  const { interval = 'month', interval_count = 1 } = recurring ?? {};
  return { current_period_start: start, current_period_end: endOf(new Date(start * 1_000), interval, interval_count) };
}

function endOf(start: Date, interval: string, count: number): number {
  const end = new Date(start);
  if (interval === 'day') end.setUTCDate(end.getUTCDate() + count);
  else if (interval === 'week') end.setUTCDate(end.getUTCDate() + 7 * count);
  else addMonths(end, interval === 'year' ? 12 * count : count);
  return Math.floor(end.getTime() / 1_000);
}

function addMonths(date: Date, months: number): void {
  const dayOfMonth = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + months);
  // The month is shorter: the date ran into the next one.
  if (date.getUTCDate() !== dayOfMonth) date.setUTCDate(0);
}
