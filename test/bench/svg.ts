import { shown } from './statistics.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const width = 720;
const rowHeight = 34;
const headHeight = 48;
const labelWidth = 150;
const plotWidth = 430;
const colours = ['#2563eb', '#94a3b8', '#d97706', '#059669'];

/** A horizontal bar for each value, the first one coloured, with a line from the lowest to the highest pass. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ high }) => high), Number.MIN_VALUE);
  const x = (value: number) => Math.round(labelWidth + (value / most) * plotWidth);
  const rows = bars.map(({ label, value, low, high }, at) => {
    const top = headHeight + at * rowHeight;
    const middle = top + rowHeight / 2;
    return [
      `<text x="${labelWidth - 10}" y="${middle + 5}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${labelWidth}" y="${top + 6}" width="${x(value) - labelWidth}" height="${rowHeight - 12}" fill="${colours[at === 0 ? 0 : 1]}"/>`,
      `<line x1="${x(low)}" x2="${x(high)}" y1="${middle}" y2="${middle}" stroke="#111827" stroke-width="2"/>`,
      `<text x="${x(high) + 8}" y="${middle + 5}">${shown(value)} ${escaped(unit)}</text>`,
    ].join('\n');
  });
  return drawing(title, headHeight + bars.length * rowHeight + 12, rows);
}

export interface Curve {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Axes {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

const plot = { left: 80, right: 700, top: 60, bottom: 300 };

/** Curves over a logarithmic x axis, whose marks are the x values themselves. y begins at zero. */
export function curveChart(axes: Axes, curves: readonly Curve[]): string {
  const points = curves.flatMap((curve) => curve.points);
  const logs = points.map(({ x }) => Math.log10(x));
  const [least, span] = [Math.min(...logs), Math.max(...logs) - Math.min(...logs) || 1];
  const most = Math.max(...points.map(({ y }) => y), Number.MIN_VALUE);
  const px = (x: number) => Math.round(plot.left + ((Math.log10(x) - least) / span) * (plot.right - plot.left - 40));
  const py = (y: number) => Math.round(plot.bottom - (y / most) * (plot.bottom - plot.top));
  const marks = [...new Set(points.map(({ x }) => x))].map(
    (x) => `<text x="${px(x)}" y="${plot.bottom + 20}" text-anchor="middle">${shown(x)}</text>`,
  );
  const lines = curves.map(({ label, points: own }, at) => {
    const colour = colours[at % colours.length];
    const path = own.map(({ x, y }) => `${px(x)},${py(y)}`).join(' ');
    const dots = own.map(({ x, y }) => `<circle cx="${px(x)}" cy="${py(y)}" r="4" fill="${colour}"/>`);
    const [before, end] = [own.at(-2), own.at(-1)];
    // The name is below the end of a curve that falls, and above the end of the others: no curve crosses its name.
    const besideEnd = before && end && before.y > end.y ? 22 : -10;
    const name = end
      ? `<text x="${px(end.x)}" y="${py(end.y) + besideEnd}" text-anchor="end" fill="${colour}">${escaped(label)} ${shown(end.y)}</text>`
      : '';
    return [`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`, ...dots, name].join('\n');
  });
  return drawing(axes.title, 350, [frame(axes, most), ...marks, ...lines]);
}

function frame({ x, y }: Axes, most: number): string {
  const { left, right, top, bottom } = plot;
  return [
    `<path d="M${left} ${top} V${bottom} H${right}" fill="none" stroke="#6b7280"/>`,
    `<text x="${left - 8}" y="${top + 5}" text-anchor="end">${shown(most)}</text>`,
    `<text x="${left - 8}" y="${bottom}" text-anchor="end">0</text>`,
    `<text x="${left}" y="${top - 12}">${escaped(y)}</text>`,
    `<text x="${right}" y="${bottom + 40}" text-anchor="end">${escaped(x)}</text>`,
  ].join('\n');
}

function drawing(title: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="14">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="16" y="28" font-size="17" font-weight="bold">${escaped(title)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
