import { type AlertKind, isAlertKind } from '#queues/alerts/alert.ts';
import type { Alert } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { actionForm } from '#src/pages/action-form.ts';
import { retryJob } from '#src/pages/jobs/actions.ts';
import { retryLastHtml } from '#src/pages/jobs/retry-last.ts';
import type { Action, Visit } from '#src/pages/page.ts';
import { serverPath } from '#src/pages/paths.ts';
import { rebuildServer, resumeServer } from '#src/pages/servers/actions.ts';
import { openSale, resumeOrdering, resumeQueue, resumeSchedules } from '#src/pages/switches/actions.ts';
import { mendUnknownMachine, mendWithdrawnPlan } from './machine-mends.ts';
import { linkBoth, mendHeldPayment } from './payment-mends.ts';
import { linkWebhook, switchOn } from './webhook-mends.ts';

type Mend = (visit: Visit, alert: Alert) => Html | null | Promise<Html | null>;

/** The buttons that end an alert, by its kind. */
const mends: Readonly<Partial<Record<AlertKind, Mend>>> = {
  'sale-stopped': (visit) => actionForm(visit, openSale, { label: 'Open the sale' }),
  'queue-paused': (visit) => actionForm(visit, resumeQueue, { label: 'Resume the queue' }),
  'ordering-stopped': (visit) => actionForm(visit, resumeOrdering, { label: 'Resume orders' }),
  'schedules-paused': (visit) => actionForm(visit, resumeSchedules, { label: 'Resume the schedules' }),
  'parked-job': retry,
  'paid-without-server': retry,
  'machine-missing': ofServer(rebuildServer, 'Rebuild the server'),
  'payment-held': mendHeldPayment,
  'paying-for-nothing': mendHeldPayment,
  'double-subscription': linkBoth,
  'suspended-while-paying': ofServer(resumeServer, 'Resume the server'),
  'unknown-machine': mendUnknownMachine,
  'plan-withdrawn': mendWithdrawnPlan,
  'webhook-failing': linkWebhook,
  'webhook-off': switchOn,
};

/** The button of a command for the server that the alert names; null: it names none. */
function ofServer(action: Action, label: string): Mend {
  return (visit, { serverId }) =>
    serverId === null ? null : actionForm(visit, action, { label, params: { id: serverId } });
}

/** Of the job that the alert names, or of the failed job that its server ended with. */
async function retry(visit: Visit, { jobId, serverId }: Alert): Promise<Html | null> {
  if (jobId !== null) return actionForm(visit, retryJob, { label: 'Retry the job', params: { id: jobId } });
  return serverId === null ? null : retryLastHtml(visit, serverId);
}

/** What a user can click to end the alert, or to see whom it concerns. */
export async function mendOf(visit: Visit, alert: Alert): Promise<Html> {
  const { kind, serverId } = alert;
  const buttons = isAlertKind(kind) ? ((await mends[kind]?.(visit, alert)) ?? null) : null;
  return html`<div class="acts">${buttons}${serverId && openServer(visit, serverId)}</div>`;
}

function openServer({ api }: Visit, id: string): Html | null {
  if (!api.may('GET /v1/servers/{id}')) return null;
  return html`<a class="button plain" href="${serverPath(id)}">Open the server</a>`;
}
