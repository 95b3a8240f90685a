import type { Workers } from '#src/cli/api/bodies.ts';
import { empty } from '#src/html/empty.ts';
import { type Html, html } from '#src/html/html.ts';
import { table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { workerBadge } from '#src/pages/tones.ts';

type Items = Workers['items'];

/** The workers with their last word. */
export function workersHtml(items: Items): Html {
  const list =
    items.length > 0
      ? workersTable(items)
      : empty('No worker was heard of.', html`Start one: <code>npm run worker</code>`);
  return html`<section aria-labelledby="workers"><h2 id="workers">Workers</h2>${list}</section>`;
}

function workersTable(items: Items): Html {
  return table('Workers', items, {
    Worker: ({ name }) => name,
    State: workerBadge,
    Runs: ({ active, slots }) => `${active} of ${slots}`,
    Started: ({ startedAt }) => time(startedAt),
    'Last word': ({ saidAt }) => time(saidAt),
    Version: ({ version }) => version,
  });
}

/** After so long, another worker has taken the place of a silent one. */
const silentCountsMs = 60 * 60_000;

/** How many take jobs, and how many have become silent within the last hour. */
export function countsOf(items: Items): string {
  const isNews = ({ saidAt }: Items[number]) => Date.now() - Date.parse(saidAt) < silentCountsMs;
  const silent = items.filter((one) => one.silent && isNews(one)).length;
  const taking = items.filter((one) => one.state === 'takes jobs' && !one.silent).length;
  const shown = taking === 1 ? '1 takes jobs' : `${taking} take jobs`;
  return silent === 0 ? shown : `${shown}, ${silent} silent`;
}
