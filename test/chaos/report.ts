import { styleText } from 'node:util';
import type { Options } from './options.ts';
import { isSound, quantile, type Result } from './result.ts';
import type { Scenario } from './scenario.ts';

export function headLine(): string {
  return row(['scenario', 'seed', 'runs', 'lost', 'doubled', 'orphans', 'recovery s, median / worst', 'took']);
}

export function resultLine(result: Result, seed: number): string {
  const { scenario, runs, verdict, seconds } = result;
  const mark = isSound(result) ? styleText('green', '✓') : styleText('red', '✗');
  const figures = [verdict.lost, verdict.duplicated, verdict.orphans];
  return `${row([scenario.id, seed, runs, ...figures, recovery(result), `${Math.round(seconds)} s`])} ${mark}`;
}

export function skippedLine({ id }: Scenario, reason: string): string {
  return `${id.padEnd(26)} skipped: ${reason}`;
}

const mostShown = 12;

/** The broken promises of a scenario, and the command that repeats it. */
export function complaints(result: Result, { seed, minutes }: Pick<Options, 'seed' | 'minutes'>): string {
  const { scenario, verdict, folder } = result;
  const duration = minutes === null ? '' : ` --minutes ${minutes}`;
  const command = `npm run chaos -- --only ${scenario.id} --seed ${seed} --runs ${result.runs}${duration}`;
  const lines = [...verdict.broken.slice(0, mostShown), `repeat with: ${command}`];
  if (folder) lines.push(`logs and database: ${folder}`);
  return lines.map((line) => `    ${line}`).join('\n');
}

const totals = ['attempts', 'acknowledged', 'ok', 'failed', 'lost', 'unexpected', 'duplicated', 'recovered'] as const;

/** The last line, in Jepsen's words. An element is a purchase with its server. */
export function totalLine(results: readonly Result[]): string {
  const sum = (name: (typeof totals)[number]) => results.reduce((total, { verdict }) => total + verdict[name], 0);
  return `total: ${totals.map((name) => `${name} ${sum(name)}`).join(', ')}`;
}

/** The table of docs/reliability.md. */
export function markdown(results: readonly Result[], seed: number): string {
  return [
    `Seed ${seed}, ${new Date().toISOString().slice(0, 10)}; ${totalLine(results)}.`,
    '',
    '| Scenario | Fault | Runs | Purchases | Lost | Doubled | Orphans | Recovery in s, median / worst | Seen |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...results.map(tableRow),
    '',
  ].join('\n');
}

function tableRow(result: Result): string {
  const { scenario, runs, verdict, notes } = result;
  const seen = [...new Set([...verdict.broken.map((message) => `**${message}**`), ...notes])].join('; ');
  const cells = [
    `\`${scenario.id}\``,
    scenario.about,
    runs,
    verdict.attempts,
    verdict.lost,
    verdict.duplicated,
    verdict.orphans,
    recovery(result),
    seen,
  ];
  return `| ${cells.join(' | ')} |`;
}

export function listLine({ id, about, runs }: Scenario): string {
  const quick = runs.quick > 0 ? `, ${runs.quick} in the quick set` : '';
  return `${id.padEnd(26)} ${String(runs.full).padStart(3)} runs${quick}: ${about}`;
}

function recovery({ recoveries }: Pick<Result, 'recoveries'>): string {
  const seconds = (share: number) => ((quantile(recoveries, share) ?? 0) / 1000).toFixed(1);
  return recoveries.length === 0 ? '–' : `${seconds(0.5)} / ${seconds(1)}`;
}

const widths = [26, 7, 5, 5, 8, 8, 27, 6];

function row(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, at) => (at === 0 ? String(cell).padEnd(widths[at] ?? 0) : String(cell).padStart(widths[at] ?? 0)))
    .join(' ');
}
