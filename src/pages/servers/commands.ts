import { allows, type ServerStatus } from '#db/model.ts';
import type { ServerInFull } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { retryLastHtml } from '#src/pages/jobs/retry-last.ts';
import type { Visit } from '#src/pages/page.ts';
import { commandPath } from '#src/pages/paths.ts';
import { destroyServer, rebuildServer, resumeServer, suspendServer } from './actions.ts';

/** The commands, each with a page that says what will happen, and the statuses in which it would change something. */
const commands = [
  { name: 'resume', action: resumeServer, label: 'Resume…', fits: (status) => allows(status, 'resume') },
  { name: 'rebuild', action: rebuildServer, label: 'Rebuild…', fits: (status) => allows(status, 'rebuild') },
  {
    name: 'suspend',
    action: suspendServer,
    label: 'Suspend…',
    fits: (status) => allows(status, 'suspend') && status !== 'suspended',
  },
  {
    name: 'destroy',
    action: destroyServer,
    label: 'Destroy…',
    fits: (status) => status !== 'destroyed' && status !== 'destroying',
  },
] as const satisfies readonly { fits: (status: ServerStatus) => boolean; [field: string]: unknown }[];

/** The buttons that the status of the server and the session permit; null: none. */
export async function commandsHtml(visit: Visit, { id, status, openJobs }: ServerInFull): Promise<Html | null> {
  // Of the last failed job, if nothing else is open.
  const retry = openJobs.length > 0 ? null : await retryLastHtml(visit, id);
  const open = commands.filter(({ action, fits }) => fits(status) && visit.api.may(action.route));
  if (retry === null && open.length === 0) return null;
  const links = open.map(
    ({ name, label }) => html`<a class="button plain" href="${commandPath(id, name)}">${label}</a>`,
  );
  return html`<h2>Commands</h2><div class="acts sheet">${retry}${links}</div>`;
}
