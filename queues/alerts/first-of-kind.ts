import { type Alert, type AlertKind, alert } from './alert.ts';

/** A person reads the first; the rest usually has the same cause. */
const mostOfKind = 100;
const more = 'more';

/**
 * The oldest 100 alerts of one kind, and one more alert that says how many others there are. `count`: how many there
 * are in all, if `alerts` has only the first.
 */
export function firstOfKind(alerts: readonly Alert[], kind: AlertKind, count = alerts.length): Alert[] {
  const oldestFirst = alerts.toSorted((one, other) => one.raisedAt.getTime() - other.raisedAt.getTime());
  const shown = oldestFirst.slice(0, mostOfKind);
  const [last] = shown.slice(-1);
  if (!last || count <= shown.length) return shown;
  const others = String(count - shown.length);
  const message = `And ${others} more of ${kind}. They are listed as those before them end.`;
  return [...shown, alert({ kind, subject: more, message, raisedAt: last.raisedAt, detail: { more: others } })];
}

/** How many problems the alert stands for. */
export function problemsIn({ subject, detail }: Pick<Alert, 'subject' | 'detail'>): number {
  if (subject !== more || typeof detail !== 'object' || detail === null || !('more' in detail)) return 1;
  return Number(detail.more);
}
