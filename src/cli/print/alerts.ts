import type { Alert } from '#src/cli/api/bodies.ts';
import { fieldsOf, type Page } from './page.ts';
import { localTime } from './texts.ts';

/** Each alert with its next step: a table would cut the sentences. */
export function alertsPage(alerts: readonly Alert[]): Page {
  if (alerts.length === 0) return ['There are no alerts.'];
  return alerts.map(({ kind, severity, message, nextStep, runbook, serverId, jobId, reference, raisedAt }) =>
    fieldsOf({
      alert: kind,
      severity,
      message,
      'next step': nextStep,
      server: serverId,
      job: jobId,
      reference,
      runbook,
      since: localTime(raisedAt),
    }),
  );
}
