import type { Scenario } from './scenario.ts';

/** The text of `--help`. */
export function usage(scenarios: readonly Scenario[]): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  return `npm run bench -- [--only NAME]… [--quick] [--large] [--postgres] [--passes N] [--jsonl FILE] [--markdown FILE]
                  [--charts DIR] [--help]

Measures this service on this machine, beside small programs that do the same job as one would first write it. Ours and
the peers run in turn, with the same number of requests or jobs at a time. Every pass is checked for lost and doubled
work. Without options it takes less than five minutes. docs/performance.md explains the figures.

  --only NAME      one scenario; may be repeated
  --quick          only structure: counts statements, commands and scans, and fails if one is above test/bench/limits.ts
  --large          adds a backlog of a million, 5,000 jobs at once, and several workers; takes some minutes more
  --postgres       our side uses a temporary Postgres with fsync, instead of SQLite
  --passes N       passes of every scenario (1); figures to publish need three
  --jsonl FILE     appends every measure of every pass to this file, one JSON object a line
  --markdown FILE  writes the figures to this file as a Markdown table
  --charts DIR     writes drawings into this folder as SVG
  --help           prints this

The scenarios:
${scenarios.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n')}

Exit code: 0; 1 if a limit of --quick is broken, or if work was lost or doubled on our side; 2 for an error.
A line is marked NOISY if processes outside the bench took over 10 % of the CPU: run it again on a quiet machine.
`;
}
