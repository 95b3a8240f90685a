import type { PageOf, Statement } from '#src/cli/api/bodies.ts';
import { sums } from '#src/cli/print/texts.ts';
import { empty } from '#src/html/empty.ts';
import { type Html, html } from '#src/html/html.ts';
import { table } from '#src/html/table.ts';
import type { Page } from '#src/pages/page.ts';
import { statementPath, statementsPath } from '#src/pages/paths.ts';
import { calendar } from './calendar.ts';
import { monthCharts } from './month-charts.ts';

/** A month and a few days, so that the month of the newest statement is whole. */
const shownDays = '62';

export const statementsPage: Page = {
  path: statementsPath,
  nav: 'Statements',
  scope: 'money:read',
  show: async ({ api, asked }) => {
    // `GET /v1/statements` goes back from its cursor; the month after the chosen one is where to begin.
    const { items } = await api.call<PageOf<Statement>>('GET /v1/statements', { query: { limit: shownDays } });
    const months = [...new Set(items.map(({ day }) => day.slice(0, 7)))];
    const month = months.includes(asked('month')) ? asked('month') : months[0];
    if (month === undefined) {
      const next = 'One is written after midnight of STATEMENT_ZONE, for the day before.';
      return { title: 'Statements', body: empty('There is no statement yet.', next) };
    }
    const ofMonth = items.filter(({ day }) => day.startsWith(month));
    const body = html`${monthLinks(months, month)}${calendar(month, ofMonth)}${monthCharts(month, ofMonth)}${statementsTable(ofMonth)}`;
    return { title: `Statements of ${month}`, hasCharts: true, body };
  },
};

function monthLinks(months: readonly string[], shown: string): Html {
  const links = months.map((month) =>
    month === shown
      ? html`<b aria-current="page">${month}</b>`
      : html`<a href="${statementsPath}?month=${month}">${month}</a>`,
  );
  return html`<p class="paging">${links}</p>`;
}

function statementsTable(statements: readonly Statement[]): Html {
  return table('Statements', statements, {
    Day: ({ day }) => html`<a href="${statementPath(day)}">${day}</a>`,
    Machines: ({ statement }) => statement.machines?.billed ?? 'unknown',
    Cost: ({ statement }) => sums(statement.cost),
    Paid: ({ statement }) => sums(statement.paid),
    Refunded: ({ statement }) => sums(statement.refunded),
    Margin: ({ statement }) => sums(statement.margin),
    Complete: ({ statement }) => (statement.complete ? 'yes' : 'no'),
  });
}
