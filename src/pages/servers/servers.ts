import { type ServerStatus, serverStatuses } from '#db/model.ts';
import type { PageOf, Server } from '#src/cli/api/bodies.ts';
import { empty } from '#src/html/empty.ts';
import { filterForm, select, textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { olderLinks } from '#src/pages/older.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { serverPath, serversPath } from '#src/pages/paths.ts';
import { serverBadge } from '#src/pages/tones.ts';

export const serversPage: Page = {
  path: serversPath,
  nav: 'Servers',
  show: async (visit) => {
    const { api, asked } = visit;
    const about = { customer: asked('customer'), reference: asked('reference') };
    const filter = { ...about, plan: asked('plan'), status: asked('status') };
    const query = { ...filter, cursor: asked('cursor') };
    const { items, nextCursor } = await api.call<PageOf<Server>>('GET /v1/servers', { query });
    const isFiltered = Object.values(filter).some((value) => value !== '');
    const list = items.length > 0 ? serversTable(items) : noServers(isFiltered);
    return { title: 'Servers', body: html`${filterOf(visit)}${list}${olderLinks(visit, nextCursor)}` };
  },
};

function filterOf({ asked }: Visit): Html {
  const choices = ['', ...serverStatuses].map((value) => ({ value, text: value === '' ? 'any' : value }));
  return filterForm(serversPath, [
    textInput('Customer', { name: 'customer', value: asked('customer') }),
    textInput('Reference', { name: 'reference', value: asked('reference') }),
    textInput('Plan', { name: 'plan', value: asked('plan') }),
    select('Status', { name: 'status', choices, chosen: asked('status') }),
  ]);
}

export function serversTable(servers: readonly Server[]): Html {
  return table('Servers', servers, {
    Server: ({ id }) => idLink(id, serverPath(id)),
    Status: ({ status }) => serverBadge(status satisfies ServerStatus),
    Customer: ({ customer }) => customer,
    Reference: ({ reference }) => reference,
    Location: ({ location }) => location,
    Address: ({ machine }) => machine?.ipv4 ?? null,
    Bought: ({ createdAt }) => time(createdAt),
  });
}

function noServers(isFiltered: boolean): Html {
  if (isFiltered) return empty('No server fits the filter.', html`<a href="${serversPath}">Show all servers</a>`);
  return empty(
    'No server has been sold yet.',
    html`The <a href="/docs">API</a> sells one: <code>POST /v1/purchases</code>.`,
  );
}
