import { type Html, html } from './html.ts';

/** The columns of a table: the heading of each, and its cell in a row. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => Html | string | number | null>>;

/**
 * A table with a caption for screen readers. On a narrow screen each row becomes a block, in which every cell has its
 * heading before it. An empty cell shows a dash.
 */
export function table<Row>(caption: string, rows: readonly Row[], columns: Columns<Row>): Html {
  const names = Object.keys(columns);
  return html`<table class="rows">
<caption class="unseen">${caption}</caption>
<thead><tr>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => rowHtml(row, columns))}
</tbody>
</table>`;
}

function rowHtml<Row>(row: Row, columns: Columns<Row>): Html {
  const cells = Object.entries(columns).map(
    ([name, cellOf]) => html`<td data-name="${name}">${shown(cellOf(row))}</td>`,
  );
  return html`<tr>${cells}</tr>`;
}

/** Names with their values, as a description list. A value of null shows a dash. */
export function facts(values: Readonly<Record<string, Html | string | number | null>>): Html {
  const rows = Object.entries(values).map(([name, value]) => html`<div><dt>${name}</dt><dd>${shown(value)}</dd></div>`);
  return html`<dl class="facts">${rows}</dl>`;
}

function shown(value: Html | string | number | null): Html | string | number {
  return value === null || value === '' ? '–' : value;
}
