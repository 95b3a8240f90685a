import type { Tally } from '#src/cli/api/bodies.ts';
import { empty } from '#src/html/empty.ts';
import { type Html, html } from '#src/html/html.ts';
import { facts } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { jobsPath, serversPath } from '#src/pages/paths.ts';

/** How many servers are sold, run, wait and have failed, with a link to them. */
export function figuresHtml({ countedAt, servers, jobs }: Tally): Html {
  if (countedAt === null)
    return empty('Nothing has been counted yet.', 'A worker counts within a minute of its start.');
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((all, count) => all + count, 0);
  const figures = [
    { name: 'servers now', count: sum(servers) - (servers.destroyed ?? 0), path: serversPath },
    { name: 'running', count: servers.running ?? 0, path: `${serversPath}?status=running` },
    { name: 'being made', count: servers.installing ?? 0, path: `${serversPath}?status=installing` },
    { name: 'suspended', count: servers.suspended ?? 0, path: `${serversPath}?status=suspended` },
    { name: 'failed', count: servers.failed ?? 0, path: `${serversPath}?status=failed` },
    { name: 'open jobs', count: sum(jobs), path: `${jobsPath}?state=released` },
  ];
  const items = figures.map(({ name, count, path }) => html`<li><a href="${path}"><b>${count}</b> ${name}</a></li>`);
  return html`<ul class="figures">${items}</ul><p class="hint">Counted at ${time(countedAt)}.</p>`;
}

/** The machines that serve, at each location. */
export function locationsHtml({ locations }: Tally): Html {
  const sorted = Object.entries(locations).sort(([, one], [, other]) => other - one);
  const list = sorted.length === 0 ? html`<p>None serves.</p>` : facts(Object.fromEntries(sorted));
  return html`<section class="sheet" aria-labelledby="machines"><h2 id="machines">Machines by location</h2>${list}</section>`;
}
