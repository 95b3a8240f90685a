import type { Alert, Items } from '#src/cli/api/bodies.ts';
import { badge } from '#src/html/badge.ts';
import { empty } from '#src/html/empty.ts';
import { type Html, html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import type { Page } from '#src/pages/page.ts';
import { alertsPath, serverPath } from '#src/pages/paths.ts';
import { byUrgency } from './by-urgency.ts';

const pageSize = 50;

/** All current alerts, in the order of the overview, which shows the first with their buttons. */
export const alertsPage: Page = {
  path: alertsPath,
  show: async ({ api, asked }) => {
    const { items } = await api.call<Items<Alert>>('GET /v1/alerts');
    const from = Math.max(0, Math.trunc(Number(asked('from'))) || 0);
    const shown = items.toSorted(byUrgency).slice(from, from + pageSize);
    const list = shown.length > 0 ? alertsTable(shown) : empty('There are no more alerts.', backLink);
    const next = from + pageSize;
    const more = next < items.length ? html`<a rel="next" href="${alertsPath}?from=${next}">More</a>` : null;
    return { title: 'Alerts', body: html`<p>${items.length} alerts hold now.</p>${list}<p class="paging">${more}</p>` };
  },
};

const backLink = html`<a href="${alertsPath}">Show the first</a>`;

function alertsTable(alerts: readonly Alert[]): Html {
  return table('Alerts', alerts, {
    Severity: ({ severity }) => badge(severity, severity === 'critical' ? 'bad' : 'warn'),
    Kind: ({ kind }) => kind,
    Message: ({ message }) => message,
    Server: ({ serverId }) => serverId && idLink(serverId, serverPath(serverId)),
    Since: ({ raisedAt }) => time(raisedAt),
    'Next step': ({ nextStep }) => nextStep,
  });
}
