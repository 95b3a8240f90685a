import { isIP } from 'node:net';
import { serverIn } from '#db/model.ts';
import type { FoundMachine, Job, PageOf, Server, ServerInFull, Subscription } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { facts, table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { ifFound } from '#src/pages/if-found.ts';
import { jobsTable } from '#src/pages/jobs/jobs.ts';
import type { Visit } from '#src/pages/page.ts';
import { customerPath, serverPath } from '#src/pages/paths.ts';
import { serversTable } from '#src/pages/servers/servers.ts';

type Finding = Promise<Html | null>;

/** One look-up for each kind of name that the text can be. */
export function findings(visit: Visit, wanted: string): Finding[] {
  if (isIP(wanted) !== 0) return [byAddress(visit, wanted)];
  const lower = wanted.toLowerCase();
  return [
    byServer(visit, serverIdIn(lower)),
    byJob(visit, lower),
    byReference(visit, wanted),
    bySubscription(visit, wanted),
  ];
}

/** Of a hostname or the name of a machine, the id of its server. */
function serverIdIn(text: string): string {
  return serverIn(text)?.id ?? text.split('.')[0] ?? text;
}

async function byAddress({ api }: Visit, address: string): Finding {
  if (!api.may('GET /v1/machines')) return null;
  const found = await ifFound(api.call<PageOf<FoundMachine>>('GET /v1/machines', { query: { address } }));
  if (!found || found.items.length === 0) return null;
  const machines = table('Machines', found.items, {
    Customer: ({ customer }) => html`<a href="${customerPath(customer)}">${customer}</a>`,
    Server: ({ serverId }) => idLink(serverId, serverPath(serverId)),
    Machine: ({ name }) => name,
    State: ({ state }) => state,
    From: ({ createdAt }) => time(createdAt),
    Until: ({ goneAt }) => time(goneAt) ?? 'now',
  });
  return html`<h2>Machines that have or had ${address}</h2>${machines}`;
}

async function byServer({ api }: Visit, id: string): Finding {
  const server = await ifFound(api.call<ServerInFull>('GET /v1/servers/{id}', { params: { id } }));
  return server && html`<h2>Server</h2>${serversTable([server])}`;
}

async function byJob({ api }: Visit, id: string): Finding {
  const job = await ifFound(api.call<Job>('GET /v1/jobs/{id}', { params: { id } }));
  return job && html`<h2>Job</h2>${jobsTable([job])}`;
}

async function byReference({ api }: Visit, reference: string): Finding {
  const found = await ifFound(api.call<PageOf<Server>>('GET /v1/servers', { query: { reference } }));
  return found && found.items.length > 0 ? html`<h2>Servers of this order</h2>${serversTable(found.items)}` : null;
}

async function bySubscription({ api }: Visit, id: string): Finding {
  if (!id.startsWith('sub_') || !api.may('GET /v1/subscriptions/{id}')) return null;
  const path = 'GET /v1/subscriptions/{id}';
  const found = await ifFound(api.call<Subscription & { server: { id: string } | null }>(path, { params: { id } }));
  if (!found) return null;
  const { customer, standing, since, server } = found;
  return html`<h2>Subscription</h2><div class="sheet">${facts({
    Subscription: id,
    Customer: html`<a href="${customerPath(customer)}">${customer}</a>`,
    Standing: html`${standing} since ${time(since)}`,
    Server: server && idLink(server.id, serverPath(server.id)),
  })}</div>`;
}
