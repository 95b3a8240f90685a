import { allows } from '#db/model.ts';
import type { ServerInFull } from '#src/cli/api/bodies.ts';
import { textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { actionForm } from '#src/pages/action-form.ts';
import { retryLastHtml } from '#src/pages/jobs/retry-last.ts';
import type { Visit } from '#src/pages/page.ts';
import { rebuildPath } from '#src/pages/paths.ts';
import { destroyServer, rebuildServer, resumeServer, suspendServer } from './actions.ts';

/** The buttons that the status of the server and the session permit; null: none. */
export async function commandsHtml(visit: Visit, server: ServerInFull): Promise<Html | null> {
  const parts = [await retryHtml(visit, server), resumeHtml(visit, server), rebuildHtml(visit, server)];
  const buttons = [...parts, suspendHtml(visit, server), destroyHtml(visit, server)].filter((part) => part !== null);
  return buttons.length === 0 ? null : html`<h2>Commands</h2><div class="acts sheet">${buttons}</div>`;
}

/** Its last failed job, if nothing else is open. */
async function retryHtml(visit: Visit, { id, openJobs }: ServerInFull): Promise<Html | null> {
  return openJobs.length > 0 ? null : retryLastHtml(visit, id);
}

function resumeHtml(visit: Visit, { id, status }: ServerInFull): Html | null {
  return allows(status, 'resume') ? actionForm(visit, resumeServer, { label: 'Resume', params: { id } }) : null;
}

/** Leads to a page that says what will happen. */
function rebuildHtml({ api }: Visit, { id, status }: ServerInFull): Html | null {
  if (!allows(status, 'rebuild') || !api.may(rebuildServer.route)) return null;
  return html`<a class="button plain" href="${rebuildPath(id)}">Rebuild…</a>`;
}

function suspendHtml(visit: Visit, { id, status }: ServerInFull): Html | null {
  if (!allows(status, 'suspend') || status === 'suspended') return null;
  const inputs = [textInput('Reason, without personal data', { name: 'reason', value: '', required: true })];
  const form = actionForm(visit, suspendServer, { label: 'Suspend', params: { id }, inputs, look: 'plain' });
  return (
    form &&
    html`<details><summary>Suspend…</summary><p>Its machine is removed; it keeps its name and keys.</p>${form}</details>`
  );
}

function destroyHtml(visit: Visit, { id, status, hostname }: ServerInFull): Html | null {
  if (status === 'destroyed' || status === 'destroying') return null;
  const inputs = [textInput(`Type ${hostname}`, { name: 'typed', value: '', required: true })];
  const fields = { label: 'Destroy for ever', params: { id }, hidden: { name: hostname }, inputs };
  const form = actionForm(visit, destroyServer, { ...fields, look: 'danger' });
  return (
    form &&
    html`<details><summary>Destroy…</summary><p>Its machine, name and keys are removed. This cannot be undone.</p>${form}</details>`
  );
}
