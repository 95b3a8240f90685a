import type { Statement } from '#src/cli/api/bodies.ts';
import { sums } from '#src/cli/print/texts.ts';
import { type Html, html } from '#src/html/html.ts';
import { statementPath } from '#src/pages/paths.ts';

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const dayMs = 86_400_000;

/** The days of a month such as `2026-11`, each with its margin and a link to its statement. */
export function calendar(month: string, statements: readonly Statement[]): Html {
  const byDay = new Map(statements.map((one) => [one.day, one]));
  const weeks = weeksOf(month).map(
    (week) => html`<tr>${week.map((day) => dayCell(day, day === null ? undefined : byDay.get(day)))}</tr>`,
  );
  return html`<table class="calendar">
<caption class="unseen">Statements of ${month}</caption>
<thead><tr>${weekdays.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${weeks}</tbody>
</table>`;
}

/** The days by weeks from Monday to Sunday; null for a day of another month. */
function weeksOf(month: string): (string | null)[][] {
  const first = Date.parse(`${month}-01T00:00:00Z`);
  const start = first - ((new Date(first).getUTCDay() + 6) % 7) * dayMs;
  const days = Array.from({ length: 42 }, (_, n) => new Date(start + n * dayMs).toISOString().slice(0, 10));
  const shown = days.map((day) => (day.startsWith(month) ? day : null));
  const weeks = Array.from({ length: 6 }, (_, n) => shown.slice(7 * n, 7 * n + 7));
  return weeks.filter((week) => week.some((day) => day !== null));
}

function dayCell(day: string | null, found: Statement | undefined): Html {
  if (day === null) return html`<td></td>`;
  const number = Number(day.slice(8));
  if (!found) return html`<td>${number}</td>`;
  const { complete, margin } = found.statement;
  return html`<td class="${complete ? 'known' : 'partial'}"><a class="day" href="${statementPath(day)}">${number}</a>
<small>${complete ? sums(margin) : 'not complete'}</small></td>`;
}
