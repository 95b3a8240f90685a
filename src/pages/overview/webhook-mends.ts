import type { Alert } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { actionForm } from '#src/pages/action-form.ts';
import type { Visit } from '#src/pages/page.ts';
import { webhookPath } from '#src/pages/paths.ts';
import { switchWebhook } from '#src/pages/webhooks/actions.ts';

/** The way to the deliveries of the webhook and their errors; null: the session may not see them. */
export function linkWebhook({ api }: Visit, { subject: id }: Alert): Html | null {
  if (!api.may('GET /v1/webhooks/{id}')) return null;
  return html`<a class="button plain" href="${webhookPath(id)}">Open the webhook</a>`;
}

/** The page of the webhook has the button that sends the missed messages. */
export function switchOn(visit: Visit, alert: Alert): Html {
  const form = { label: 'Switch it on', params: { id: alert.subject }, hidden: { state: 'on' } };
  return html`${actionForm(visit, switchWebhook, form)}${linkWebhook(visit, alert)}`;
}
