import { type FoundFunction, functionsIn } from './shapes.ts';
import { countLines, type Source } from './sources.ts';

export interface Measures {
  readonly files: readonly { readonly path: string; readonly lines: number }[];
  readonly functions: readonly FoundFunction[];
}

export function measure(sources: readonly Source[]): Measures {
  return {
    files: sources.map(({ path, text }) => ({ path, lines: countLines(text) })),
    functions: sources.flatMap(functionsIn),
  };
}

/** The lengths of the named functions. Short callbacks would make every median small. */
export function namedLines({ functions }: Measures): number[] {
  return functions.filter(({ isNamed }) => isNamed).map(({ lines }) => lines);
}

/** The smallest value that `share` of all values do not exceed; 0 without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? 0;
}

/** The text that `npm run figures` prints. */
export function describeMeasures(measures: Measures): string {
  const fileLines = measures.files.map(({ lines }) => lines);
  const functionLines = namedLines(measures);
  const total = fileLines.reduce((sum, lines) => sum + lines, 0);
  const longest = measures.files.toSorted((a, b) => b.lines - a.lines).slice(0, 3);
  return [
    `${fileLines.length} files of db, queues and src: ${total} lines, median ${quantile(fileLines, 0.5)}`,
    `longest files: ${longest.map(({ path, lines }) => `${path} ${lines}`).join(', ')}`,
    `${functionLines.length} named functions: median ${quantile(functionLines, 0.5)} lines, p90 ${quantile(functionLines, 0.9)}, longest ${Math.max(...functionLines)}`,
  ].join('\n');
}
