import type { Alert } from '#src/cli/api/bodies.ts';

/** Critical alerts first, and of each severity the oldest. */
export function byUrgency(left: Alert, right: Alert): number {
  if (left.severity !== right.severity) return left.severity === 'critical' ? -1 : 1;
  return left.raisedAt < right.raisedAt ? -1 : 1;
}
