import type { Items, Trend } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import type { Visit } from '#src/pages/page.ts';

const spans = [
  { span: 'day', name: 'Last 24 hours' },
  { span: 'month', name: 'Last 30 days' },
] as const;

/** Purchases and the time until servers are ready: sums for all, and charts that a script draws. */
export async function chartsHtml({ api }: Visit): Promise<Html> {
  const charts = spans.map(async ({ span, name }) => {
    const { items } = await api.call<Items<Trend>>('GET /v1/trends', { query: { span } });
    return html`<section class="sheet"><h2>${name}</h2><p>${summary(items)}</p>
<div class="chart" data-chart="${span}" role="img" aria-label="Purchases and times to ready, ${name.toLowerCase()}"></div></section>`;
  });
  return html`<div class="grid">${await Promise.all(charts)}</div>`;
}

function summary(items: readonly Trend[]): string {
  const purchases = items.reduce((sum, one) => sum + one.purchases, 0);
  const ready = items.reduce((sum, one) => sum + one.ready, 0);
  if (ready === 0) return `${purchases} servers were bought, and none became ready.`;
  const seconds = items.reduce((sum, one) => sum + one.ready * (one.meanSeconds ?? 0), 0) / ready;
  const longest = Math.max(...items.map(({ longestSeconds }) => longestSeconds ?? 0));
  return `${purchases} servers were bought, and ${ready} became ready, after ${seconds.toFixed(1)} seconds on average and ${longest.toFixed(1)} at most.`;
}
