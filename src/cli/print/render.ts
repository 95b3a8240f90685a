import { stripVTControlCharacters, styleText } from 'node:util';
import CliTable from 'cli-table3';
import type { Cell, Page, Table } from './page.ts';

/** The page as text. Cells hold texts of customers and clouds: their control characters are removed. */
export function renderPage(page: Page, { colours }: { readonly colours: boolean }): string {
  const paint: Paint = (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text);
  return page.map((block) => (typeof block === 'string' ? block : renderTable(block, paint))).join('\n\n');
}

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';
type Paint = (style: Style, text: string) => string;

const noBorders = Object.fromEntries(
  'top,top-mid,top-left,top-right,bottom,bottom-mid,bottom-left,bottom-right,left,left-mid,mid,mid-mid,right,right-mid'
    .split(',')
    .map((name) => [name, '']),
);

function renderTable({ head, rows }: Table, paint: Paint): string {
  const table = new CliTable({
    chars: { ...noBorders, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  if (head.length > 0) table.push(head.map((name) => paint('bold', name)));
  for (const row of rows) table.push(row.map((cell, at) => paintCell(textOf(cell), labelOf(row, head, at), paint)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The name of a cell's column or, in a list of fields, of its line. */
function labelOf(row: readonly Cell[], head: readonly string[], at: number): string {
  if (head.length > 0) return head[at] ?? '';
  return at === 0 ? '' : String(row[0]);
}

function textOf(cell: Cell): string {
  return cell === null || cell === undefined || cell === ''
    ? '–'
    : stripVTControlCharacters(String(cell)).replaceAll(/\s+/g, ' ');
}

const styles: Readonly<Record<string, Style>> = {
  running: 'green',
  succeeded: 'green',
  ok: 'green',
  good: 'green',
  open: 'green',
  'takes jobs': 'green',
  failed: 'red',
  critical: 'red',
  unavailable: 'red',
  full: 'red',
  silent: 'red',
  'clock wrong': 'red',
  'Redis unavailable': 'red',
  'database unavailable': 'red',
  stopped: 'yellow',
  paused: 'yellow',
  drains: 'yellow',
  suspended: 'yellow',
  warning: 'yellow',
  degraded: 'yellow',
  low: 'yellow',
  destroyed: 'dim',
  cancelled: 'dim',
};
const painted = ['status', 'state', 'severity', 'standing', 'service', 'database', 'disk', 'redis', 'workers'];

/** Only words of closed sets are coloured, and never a name that a customer has chosen. */
function paintCell(text: string, label: string, paint: Paint): string {
  const style = painted.includes(label) ? styles[text] : undefined;
  return style ? paint(style, text) : text;
}
