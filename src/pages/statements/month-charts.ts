import type { Statement } from '#src/cli/api/bodies.ts';
import { inWhole } from '#src/cli/print/texts.ts';
import { type Html, html } from '#src/html/html.ts';

const names = ['paid', 'cost', 'margin'] as const;

/** More would make the page too large. */
const mostCurrencies = 3;

/**
 * A chart of the days for each currency, which a script draws. The table of the statements has the same numbers. What
 * is not known on a day is a gap.
 */
export function monthCharts(month: string, statements: readonly Statement[]): Html {
  const days = statements.toReversed();
  const found = days.flatMap(({ statement }) => names.flatMap((name) => statement[name] ?? []));
  const currencies = [...new Set(found.map(({ currency }) => currency))].slice(0, mostCurrencies);
  return html`${currencies.map((currency) => chartHtml(month, currency, days))}`;
}

function chartHtml(month: string, currency: string, days: readonly Statement[]): Html {
  const series = Object.fromEntries(names.map((name) => [name, days.map((day) => amountOf(day, name, currency))]));
  const data = JSON.stringify({ days: days.map(({ day }) => day), series });
  return html`<section class="sheet"><h2>By day, in ${currency}</h2>
<div class="chart" data-days="${data}" role="img" aria-label="Payments, cost and margin in ${currency} by day of ${month}; the table below has the numbers"></div></section>`;
}

/** null: not known. */
function amountOf({ statement }: Statement, name: (typeof names)[number], currency: string): number | null {
  const amounts = statement[name];
  if (amounts === null) return null;
  return inWhole(amounts.find((one) => one.currency === currency)?.amount ?? 0, currency);
}
