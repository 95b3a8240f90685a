import type { PageOf, Statement, Tally } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import type { Page } from '#src/pages/page.ts';
import { overviewPath, queuePath } from '#src/pages/paths.ts';
import { alertsHtml } from './alerts.ts';
import { chartsHtml } from './charts.ts';
import { figuresHtml, locationsHtml } from './figures.ts';
import { moneyHtml } from './money.ts';

export const overviewPage: Page = {
  path: overviewPath,
  nav: 'Overview',
  show: async (visit) => {
    const { api } = visit;
    const [alerts, tally, charts, statements] = await Promise.all([
      alertsHtml(visit),
      api.call<Tally>('GET /v1/tally'),
      chartsHtml(visit),
      api.may('GET /v1/statements')
        ? api.call<PageOf<Statement>>('GET /v1/statements', { query: { limit: '31' } })
        : null,
    ]);
    return {
      title: 'Overview',
      hasCharts: true,
      body: html`<section aria-labelledby="alerts" id="now" hx-get="${overviewPath}" hx-trigger="every 15s" hx-select="#now" hx-target="#now" hx-swap="outerMorph"><h2 id="alerts">Alerts</h2>${alerts}
${figuresHtml(tally)}</section>
${queueHtml}
${charts}
<div class="grid">${statements && moneyHtml(statements.items)}${locationsHtml(tally)}</div>`,
    };
  },
};

/** Filled after the page has been shown: no page waits for Redis. */
const queueHtml: Html = html`<div class="later" hx-get="${queuePath}" hx-trigger="load" hx-select="#queue" hx-target="this" hx-swap="innerHTML">
<p><a href="${queuePath}">Queue, workers and sale</a></p></div>`;
