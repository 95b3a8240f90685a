import type { ServerInFull } from '#src/cli/api/bodies.ts';
import { money } from '#src/cli/print/texts.ts';
import { textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { copiedText, idLink } from '#src/html/id-link.ts';
import { actionForm } from '#src/pages/action-form.ts';
import type { Action, Page, Visit } from '#src/pages/page.ts';
import { commandPath, subscriptionPath } from '#src/pages/paths.ts';
import { destroyServer, resumeServer, suspendServer } from './actions.ts';
import { backHtml, effectHtml, previewOf } from './effect.ts';

interface PreviewedCommand {
  readonly name: 'suspend' | 'resume' | 'destroy';
  readonly title: string;
  readonly action: Action;
  /** The API asks for it, and the preview does not show it. */
  readonly body: object;
  readonly facts: (server: ServerInFull) => readonly (Html | null)[];
  readonly form: (visit: Visit, server: ServerInFull) => Html | null;
}

/** A page that says what the command would do, and has the form that asks for it. */
function commandPage({ name, title, action, body, facts, form }: PreviewedCommand): Page {
  return {
    path: commandPath(':id', name),
    show: async (visit) => {
      const server = await visit.api.call<ServerInFull>('GET /v1/servers/{id}', { params: visit.params });
      const effect = await previewOf(visit, action, { id: server.id, body });
      const given = facts(server).filter((fact) => fact !== null);
      const shown = effectHtml({ effect, removal: '', facts: given, form: form(visit, server) });
      return { title: `${title} server ${server.id}`, body: html`${whoseHtml(server)}${shown}${backHtml(server)}` };
    },
  };
}

function whoseHtml({ hostname, customer, status }: ServerInFull): Html {
  return html`<p>${copiedText(hostname)} of ${customer} is ${status}.</p>`;
}

/** null: no subscription pays for the server. */
function subscriptionFact({ subscriptionId: id }: ServerInFull, fact: string): Html | null {
  return id === null ? null : html`Subscription ${idLink(id, subscriptionPath(id))} ${fact}`;
}

export const suspendPage = commandPage({
  name: 'suspend',
  title: 'Suspend',
  action: suspendServer,
  body: { reason: 'preview' },
  facts: (server) => [
    html`The customer has no VPN until it is resumed.`,
    html`It keeps its name ${server.hostname} and its keys: after a resume the same config works.`,
    server.monthlyCost && html`It costs ${money(server.monthlyCost)} a month less.`,
    subscriptionFact(server, 'goes on, and its customer goes on paying.'),
  ],
  form: (visit, { id }) => {
    const inputs = [textInput('Reason, without personal data', { name: 'reason', value: '', required: true })];
    return actionForm(visit, suspendServer, { label: 'Suspend now', params: { id }, inputs });
  },
});

export const resumePage = commandPage({
  name: 'resume',
  title: 'Resume',
  action: resumeServer,
  body: {},
  facts: ({ hostname, heldReason }) => [
    heldReason === null ? null : html`It was suspended because of: ${heldReason}.`,
    html`It keeps its name ${hostname} and its keys. Without DNS its address changes.`,
  ],
  form: (visit, { id }) => actionForm(visit, resumeServer, { label: 'Resume now', params: { id } }),
});

export const destroyPage = commandPage({
  name: 'destroy',
  title: 'Destroy',
  action: destroyServer,
  body: {},
  facts: (server) => [
    html`Its name ${server.hostname} and its keys are deleted: no config of it works again. This cannot be undone.`,
    subscriptionFact(server, 'is not cancelled by this. If it is billed, cancel it at Stripe.'),
  ],
  form: (visit, { id, hostname }) => {
    const inputs = [textInput(`Type ${hostname}`, { name: 'typed', value: '', required: true })];
    const form = { label: 'Destroy for ever', params: { id }, hidden: { name: hostname }, inputs };
    return actionForm(visit, destroyServer, { ...form, look: 'danger' });
  },
});
