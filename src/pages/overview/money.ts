import type { Statement } from '#src/cli/api/bodies.ts';
import { smallestUnits } from '#src/cli/print/texts.ts';
import { type Html, html } from '#src/html/html.ts';
import { facts } from '#src/html/table.ts';

type Amounts = Statement['statement']['paid'];

/** The money of the month and of its last day. `statements` are the newest first. */
export function moneyHtml(statements: readonly Statement[]): Html {
  const [last] = statements;
  if (!last) return sheet('Money', html`<p>There is no statement yet. One is written after the end of each day.</p>`);
  const month = last.day.slice(0, 7);
  const days = statements.filter(({ day }) => day.startsWith(month));
  return html`${sheet(`Money of ${month}`, rowsOf(days))}${sheet(`Statement of ${last.day}`, rowsOf([last]))}`;
}

function sheet(title: string, content: Html): Html {
  return html`<section class="sheet"><h2>${title}</h2>${content}</section>`;
}

function rowsOf(days: readonly Statement[]): Html {
  const amounts = (name: 'paid' | 'refunded' | 'cost' | 'margin') => days.map(({ statement }) => statement[name]);
  return facts({
    Paid: sumText(amounts('paid')),
    'Given back': sumText(amounts('refunded')),
    'Cost of machines': sumText(amounts('cost')),
    Margin: sumText(amounts('margin')),
  });
}

/** What is not known on one of the days is not known of all. */
function sumText(days: readonly Amounts[]): string {
  if (days.some((amounts) => amounts === null)) return 'not known';
  const sums = new Map<string, number>();
  for (const { currency, amount } of days.flatMap((amounts) => amounts ?? []))
    sums.set(currency, (sums.get(currency) ?? 0) + amount);
  const texts = [...sums].map(([currency, amount]) => smallestUnits(Math.round(amount), currency));
  return texts.length === 0 ? 'nothing' : texts.join(', ');
}
