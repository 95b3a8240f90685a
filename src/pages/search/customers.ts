import { isIP } from 'node:net';
import type { Items, PageOf, Server } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { ifFound } from '#src/pages/if-found.ts';
import type { Visit } from '#src/pages/page.ts';
import { customerPath } from '#src/pages/paths.ts';
import { serversTable } from '#src/pages/servers/servers.ts';

/** The customers with such a name; the servers of the customer, if it is one; null: there is none. */
export async function customersHit({ api }: Visit, wanted: string): Promise<Html | null> {
  if (isIP(wanted) !== 0) return null;
  const query = { like: wanted };
  const similar = (await ifFound(api.call<Items<{ customer: string }>>('GET /v1/customers', { query })))?.items ?? [];
  const [first, second] = similar;
  if (!first) return null;
  if (!second) return customerHtml(first.customer, await serversOf(api, first.customer));
  const items = similar.map(({ customer }) => html`<li><a href="${customerPath(customer)}">${customer}</a></li>`);
  return html`<h2>Customers</h2><ul>${items}</ul>`;
}

async function serversOf(api: Visit['api'], customer: string): Promise<readonly Server[]> {
  return (await api.call<PageOf<Server>>('GET /v1/servers', { query: { customer } })).items;
}

function customerHtml(customer: string, servers: readonly Server[]): Html {
  return html`<h2>Customer ${customer}</h2>${serversTable(servers)}`;
}
