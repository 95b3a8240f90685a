import { html } from '#src/html/html.ts';
import type { Page } from '#src/pages/page.ts';
import { overviewPath } from '#src/pages/paths.ts';
import { alertsHtml } from './alerts.ts';

export const overviewPage: Page = {
  path: overviewPath,
  nav: 'Overview',
  show: async (visit) => ({
    title: 'Overview',
    body: html`<section aria-labelledby="alerts"><h2 id="alerts">Alerts</h2>${await alertsHtml(visit)}</section>`,
  }),
};
