import type { Alert, Items } from '#src/cli/api/bodies.ts';
import { badge } from '#src/html/badge.ts';
import { empty } from '#src/html/empty.ts';
import { type Html, html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { facts } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { byUrgency } from '#src/pages/alerts/by-urgency.ts';
import type { Visit } from '#src/pages/page.ts';
import { alertsPath, runbookPath, serverPath } from '#src/pages/paths.ts';
import { mendOf } from './mends.ts';

/** More would make the page too large; they are the oldest of the most severe. */
const mostShown = 20;

/** The current alerts, critical ones first, each with what to do. */
export async function alertsHtml(visit: Visit): Promise<Html> {
  const { items } = await visit.api.call<Items<Alert>>('GET /v1/alerts');
  if (items.length === 0) return empty('There are no alerts.', 'Nothing needs a person now.');
  const shown = items.toSorted(byUrgency).slice(0, mostShown);
  const more = items.length - shown.length;
  const runbooks = runbooksOf(visit, shown);
  const sheets = await Promise.all(shown.map((alert, at) => alertHtml(visit, alert, runbooks[at] ?? null)));
  return html`${sheets}
${more > 0 ? html`<p>And ${more} more: <a href="${alertsPath}?from=${mostShown}">show them</a>.</p>` : null}`;
}

async function alertHtml(visit: Visit, alert: Alert, section: Html | null): Promise<Html> {
  const { kind, severity, message, serverId, reference, by, reason, raisedAt, nextStep } = alert;
  const about = {
    Since: time(raisedAt),
    ...(serverId !== null && { Server: idLink(serverId, serverPath(serverId)) }),
    ...(reference !== null && { Reference: reference }),
    ...(by !== null && { By: by }),
    ...(reason !== null && { Reason: reason }),
    'Next step': nextStep,
  };
  return html`<article class="sheet">
<h3>${badge(severity, severity === 'critical' ? 'bad' : 'warn')} ${kind}</h3>
<p>${message}</p>
${facts(about)}
${await mendOf(visit, alert)}
${section}
</article>`;
}

/** For each alert what the runbook says. The first of a kind has it in place; the others lead to it, or the page grows. */
function runbooksOf({ runbook }: Visit, alerts: readonly Alert[]): (Html | null)[] {
  const kinds = alerts.map(({ kind }) => kind);
  return kinds.map((kind, at) => {
    const section = runbook.section(kind);
    if (section === null) return null;
    const title = `The runbook about ${kind}`;
    return kinds.indexOf(kind) === at
      ? html`<details><summary>${title}</summary>${section}</details>`
      : html`<p><a href="${runbookPath}#${kind}">${title}</a></p>`;
  });
}
