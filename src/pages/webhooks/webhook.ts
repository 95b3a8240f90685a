import type { Delivery, PageOf, Webhook } from '#src/cli/api/bodies.ts';
import { badge, type Tone } from '#src/html/badge.ts';
import { empty } from '#src/html/empty.ts';
import { textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { copiedText } from '#src/html/id-link.ts';
import { facts, table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { actionForm } from '#src/pages/action-form.ts';
import { olderLinks } from '#src/pages/older.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { eventPath, webhookPath } from '#src/pages/paths.ts';
import { deleteWebhook, replayWebhook, retryDelivery, rotateWebhook, switchWebhook, testWebhook } from './actions.ts';
import { webhookBadge } from './webhook-badge.ts';

export const webhookPage: Page = {
  path: `${webhookPath('')}:id`,
  scope: 'webhooks:write',
  show: async (visit) => {
    const { api, params, asked } = visit;
    const query = { cursor: asked('cursor') };
    const [webhook, { items, nextCursor }] = await Promise.all([
      api.call<Webhook>('GET /v1/webhooks/{id}', { params }),
      api.call<PageOf<Delivery>>('GET /v1/webhooks/{id}/deliveries', { params, query }),
    ]);
    const deliveries =
      items.length > 0
        ? deliveriesTable(visit, items)
        : empty('Nothing was sent yet.', 'Send a test with the button above.');
    return {
      title: 'Webhook',
      body: html`${factsOf(webhook)}${commandsOf(visit, webhook)}
<h2>Deliveries</h2>${deliveries}${olderLinks(visit, nextCursor)}`,
    };
  },
};

function factsOf(webhook: Webhook): Html {
  const { id, url, types, failures, createdBy } = webhook;
  return html`<section class="sheet" aria-label="The webhook">${facts({
    Address: url,
    State: webhookBadge(webhook),
    Id: copiedText(id),
    Types: types.join(', '),
    'Failures in a row': failures,
    'Failing since': time(webhook.failingSince),
    'Next probe': time(webhook.nextProbeAt),
    'The old secret signs until': time(webhook.oldSecretUntil),
    Made: html`${time(webhook.createdAt)} by ${createdBy}`,
  })}</section>`;
}

function commandsOf(visit: Visit, { id, state }: Webhook): Html {
  const params = { id };
  const isOn = state === 'on';
  const since = textInput('Since, such as 2026-01-31', { name: 'since', value: '', required: true });
  const other = { label: isOn ? 'Switch it off' : 'Switch it on', hidden: { state: isOn ? 'off' : 'on' } };
  return html`<div class="acts">
${isOn ? actionForm(visit, testWebhook, { label: 'Send a test', params }) : null}
${actionForm(visit, switchWebhook, { ...other, params, look: 'plain' })}
${actionForm(visit, rotateWebhook, { label: 'Give it a new secret', params, look: 'plain' })}
</div>
<details><summary>Send what it missed…</summary>${actionForm(visit, replayWebhook, { label: 'Replay', params, inputs: [since] })}</details>
<details><summary>Delete…</summary>${actionForm(visit, deleteWebhook, { label: 'Delete the webhook', params, look: 'danger' })}</details>`;
}

const deliveryTones = {
  waiting: 'busy',
  delivered: 'good',
  failed: 'bad',
  cancelled: 'calm',
} as const satisfies Record<Delivery['state'], Tone>;

function deliveriesTable(visit: Visit, deliveries: readonly Delivery[]): Html {
  return table('Deliveries', deliveries, {
    At: ({ createdAt }) => time(createdAt),
    Type: ({ type, eventId }) => html`<a href="${eventPath(eventId)}">${type}</a>`,
    State: ({ state }) => badge(state, deliveryTones[state]),
    Attempts: ({ attempts }) => attempts,
    Answer: ({ lastStatus, lastError }) => lastError ?? lastStatus,
    'Next attempt': ({ nextAttemptAt }) => time(nextAttemptAt),
    Delivered: ({ deliveredAt }) => time(deliveredAt),
    Command: ({ id, state }) =>
      state === 'failed'
        ? actionForm(visit, retryDelivery, { label: 'Send again', params: { id }, look: 'plain' })
        : null,
  });
}
