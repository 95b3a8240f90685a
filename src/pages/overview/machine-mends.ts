import { allows } from '#db/model.ts';
import type { Alert, PageOf, Server } from '#src/cli/api/bodies.ts';
import { textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { actionForm } from '#src/pages/action-form.ts';
import { ifFound } from '#src/pages/if-found.ts';
import { removeMachine } from '#src/pages/machines/actions.ts';
import type { Visit } from '#src/pages/page.ts';
import { commandPath, serversPath } from '#src/pages/paths.ts';
import { rebuildServer, resumeServer } from '#src/pages/servers/actions.ts';

const adoptions = {
  rebuild: { action: rebuildServer, label: 'Rebuild the server, which adopts the machine' },
  resume: { action: resumeServer, label: 'Resume the server, which adopts the machine' },
} as const;

/** A server that may need the machine adopts it. Otherwise the machine is removed once its name has been typed. */
export function mendUnknownMachine(visit: Visit, { subject, serverId, adoptedBy }: Alert): Html | null {
  if (adoptedBy !== null && serverId !== null) {
    const { action, label } = adoptions[adoptedBy];
    return actionForm(visit, action, { label, params: { id: serverId } });
  }
  const inputs = [textInput('Type the name of the machine, gf-…', { name: 'typed', value: '', required: true })];
  const form = actionForm(visit, removeMachine, {
    label: 'Remove for ever',
    params: { id: subject },
    inputs,
    look: 'danger',
  });
  return (
    form &&
    html`<details><summary>Remove the machine…</summary><p>The cloud deletes it with everything on it. This cannot be undone.</p>${form}</details>`
  );
}

/** The others are one click further. */
const mostServers = 3;

/** Leads to the rebuilds of the newest servers that have the plan, and to the list of all. */
export async function mendWithdrawnPlan({ api }: Visit, { subject: plan }: Alert): Promise<Html | null> {
  if (!api.may('GET /v1/servers')) return null;
  const list = html`<a class="button plain" href="${serversPath}?plan=${encodeURIComponent(plan)}">Servers with this plan</a>`;
  if (!api.may(rebuildServer.route)) return list;
  const found = await ifFound(api.call<PageOf<Server>>('GET /v1/servers', { query: { plan, limit: '20' } }));
  const shown = (found?.items ?? []).filter(({ status }) => allows(status, 'rebuild')).slice(0, mostServers);
  const links = shown.map(
    ({ id }) => html`<a class="button plain" href="${commandPath(id, 'rebuild')}">Rebuild ${id} with another plan…</a>`,
  );
  return html`${links}${list}`;
}
