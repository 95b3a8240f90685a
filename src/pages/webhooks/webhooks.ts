import { newsTypes } from '#db/news.ts';
import type { PageOf, Webhook } from '#src/cli/api/bodies.ts';
import { empty } from '#src/html/empty.ts';
import { textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { actionForm } from '#src/pages/action-form.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { webhookPath, webhooksPath } from '#src/pages/paths.ts';
import { addWebhook } from './actions.ts';
import { webhookBadge } from './webhook-badge.ts';

export const webhooksPage: Page = {
  path: webhooksPath,
  nav: 'Webhooks',
  scope: 'webhooks:write',
  show: async (visit) => {
    const { items } = await visit.api.call<Pick<PageOf<Webhook>, 'items'>>('GET /v1/webhooks');
    const list =
      items.length > 0
        ? webhooksTable(items)
        : empty('There are no webhooks.', 'Add the address of your shop below, to hear of each change.');
    return { title: 'Webhooks', body: html`${list}${addForm(visit)}` };
  },
};

function webhooksTable(webhooks: readonly Webhook[]): Html {
  return table('Webhooks', webhooks, {
    Address: ({ id, url }) => html`<a href="${webhookPath(id)}">${url}</a>`,
    State: webhookBadge,
    Types: ({ types }) => (types.length === newsTypes.length ? 'all' : types.join(', ')),
    'Failing since': ({ failingSince }) => time(failingSince),
    'Made by': ({ createdBy }) => createdBy,
    Made: ({ createdAt }) => time(createdAt),
  });
}

function addForm(visit: Visit): Html {
  const inputs = [
    textInput('Address', { name: 'url', value: '', required: true }),
    textInput('Types, separated by commas; none: all', { name: 'types', value: '' }),
  ];
  return html`<h2>Add a webhook</h2>
${actionForm(visit, addWebhook, { label: 'Add the webhook', inputs })}
<p class="hint">The types are ${newsTypes.join(', ')}. docs/webhooks.md shows how to verify a message.</p>`;
}
