import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kindComparisons } from './kind-comparisons.ts';
import { parseSource, readSources } from './sources.ts';
import { copyTree, editFile, typeErrors } from './tree-copy.ts';

/** The files that a new kind of job must change; docs/contributing.md describes each. */
const placesToWrite = ['db/job-traits.ts', 'db/events.ts', 'queues/limits.ts', 'queues/run/perform.ts'];
/** These files look up the kind in one of those, so their errors end with those. */
const readers = ['db/transactions/events.ts', 'queues/bullmq/queue-rows.ts', 'queues/run/conclude.ts'];
/** The compiler takes seconds, and much longer on a busy computer. */
const compilerMs = 300_000;

/** The comparisons that a new kind may fall through, with reasons. */
const harmless = [
  // A second destroy returns the first.
  "db/transactions/commands.ts: eq(jobs.kind, 'destroy')",
  // A waiting destroy stops the run; SQLite needs the literal.
  "db/reads/work.ts: behind.kind = 'destroy'",
  // The demo shows its own four kinds.
  "src/demo/story.ts: kind === 'retire'",
  "src/demo/summary.ts: kind !== 'retire'",
  "src/demo/watch-jobs.ts: kind === 'retire'",
];

test(
  'the compiler reports every place that a new kind of job must change, and no other',
  async () => {
    const folder = copyTree();
    editFile(join(folder, 'db/model.ts'), "'destroy', 'retire'] as const", "'destroy', 'retire', 'inspect'] as const");
    const files = (await typeErrors(folder)).map((error) => error.split('(')[0]);
    expect([...new Set(files)].sort()).toEqual([...placesToWrite, ...readers].sort());
  },
  compilerMs,
);

test('no other place compares the kind of a job by hand', () => {
  expect(
    readSources()
      .flatMap(kindComparisons)
      .filter((place) => !harmless.includes(place)),
  ).toEqual([]);
});

test('a planted comparison is found', () => {
  const code = [
    "export const isOne = (job: { kind: string }) => job.kind === 'create';",
    "export const isTwo = (kind: string) => ['create', 'rebuild'].includes(kind);",
    "export const three = (eq: (...of: unknown[]) => unknown, t: { kind: string }) => eq(t.kind, 'retire');",
    "export function four(kind: string) {\n  switch (kind) {\n    case 'destroy':\n      return 1;\n  }\n  return 2;\n}",
    "export const other = (kind: string) => kind === 'ship';",
  ].join('\n');
  expect(kindComparisons(parseSource('src/a.ts', `${code}\n`))).toEqual([
    "src/a.ts: job.kind === 'create'",
    "src/a.ts: ['create', 'rebuild'].includes(kind)",
    "src/a.ts: eq(t.kind, 'retire')",
    'src/a.ts: kind',
  ]);
});

test('a planted comparison in raw SQL is found', () => {
  const column = `\${t.jobs.kind}`;
  const conditions = [
    "behind.line = jobs.line and behind.kind = 'destroy' and behind.state = 'waiting'",
    `(${column} <> 'retire' or jobs."kind" != 'create')`,
    "kind not in ('ship', 'rebuild')",
    `kind = ${column} and mankind = 'create' and alerts.kind = 'ship'`,
  ];
  const code = conditions.map((condition, at) => `export const sql${at} = sql\`${condition}\`;\n`).join('');
  expect(kindComparisons(parseSource('src/a.ts', code))).toEqual([
    "src/a.ts: behind.kind = 'destroy'",
    `src/a.ts: ${column} <> 'retire'`,
    `src/a.ts: jobs."kind" != 'create'`,
    "src/a.ts: kind not in ('ship', 'rebuild'",
  ]);
});
