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

export function skippedLine({ id }: Scenario, why: string): string {
  return `${id.padEnd(26)} skipped: ${why}`;
}

/** What did not hold, and how to see it again. */
export function complaints(result: Result, { seed, minutes }: Pick<Options, 'seed' | 'minutes'>): string {
  const { scenario, verdict, folder } = result;
  const forSoLong = minutes === null ? '' : ` --minutes ${minutes}`;
  const again = `again: npm run chaos -- --only ${scenario.id} --seed ${seed} --runs ${result.runs}${forSoLong}`;
  return [...verdict.broken.slice(0, 12), again, ...(folder ? [`logs and database: ${folder}`] : [])]
    .map((line) => `    ${line}`)
    .join('\n');
}

/** The last line, in Jepsen's words; an element is a purchase with its server. */
export function totalLine(results: readonly Result[]): string {
  const sum = (
    name: 'attempts' | 'acknowledged' | 'ok' | 'failed' | 'lost' | 'unexpected' | 'duplicated' | 'recovered',
  ) => results.reduce((total, { verdict }) => total + verdict[name], 0);
  const words = ['attempts', 'acknowledged', 'ok', 'failed', 'lost', 'unexpected', 'duplicated', 'recovered'] as const;
  return `total: ${words.map((name) => `${name} ${sum(name)}`).join(', ')}`;
}

/** The table of docs/reliability.md. */
export function markdown(results: readonly Result[], seed: number): string {
  const lines = results.map((result) => {
    const { scenario, runs, verdict, notes } = result;
    const done = [`\`${scenario.id}\``, scenario.about, runs, verdict.attempts];
    const seen = [...new Set([...verdict.broken.map((words) => `**${words}**`), ...notes])].join('; ');
    const came = [verdict.lost, verdict.duplicated, verdict.orphans, recovery(result), seen];
    return `| ${[...done, ...came].join(' | ')} |`;
  });
  return [
    `Seed ${seed}, ${new Date().toISOString().slice(0, 10)}; ${totalLine(results)}.`,
    '',
    '| Scenario | What is done | Runs | Purchases | Lost | Doubled | Orphans | Recovery in s, median / worst | Seen |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

export function listLine({ id, about, runs }: Scenario): string {
  return `${id.padEnd(26)} ${String(runs.full).padStart(3)} runs${runs.quick > 0 ? `, ${runs.quick} in the quick set` : ''}: ${about}`;
}

function recovery({ recoveries }: Pick<Result, 'recoveries'>): string {
  const seconds = (part: number) => ((quantile(recoveries, part) ?? 0) / 1000).toFixed(1);
  return recoveries.length === 0 ? '–' : `${seconds(0.5)} / ${seconds(1)}`;
}

function row(cells: readonly (string | number)[]): string {
  const widths = [26, 7, 5, 5, 8, 8, 27, 6];
  return cells
    .map((cell, at) => (at === 0 ? String(cell).padEnd(widths[at] ?? 0) : String(cell).padStart(widths[at] ?? 0)))
    .join(' ');
}
