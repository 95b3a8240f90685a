import { html } from '#src/html/html.ts';
import type { Page } from '#src/pages/page.ts';
import { runbookPath } from '#src/pages/paths.ts';

export const runbookPage: Page = {
  path: runbookPath,
  nav: 'Runbook',
  show: async ({ runbook }) => ({ title: 'Runbook', body: html`<div class="sheet">${runbook.whole}</div>` }),
};
