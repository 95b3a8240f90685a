import { expect, test } from 'vitest';
import { circlesIn, folderGraph, importGraph } from './imports.ts';
import { parseSource, readSources } from './sources.ts';

const graph = importGraph(readSources());

test('no file of db, queues and src imports itself through others', () => {
  expect(circlesIn(graph)).toEqual([]);
});

test('no folder of queues/ imports a folder that imports it back', () => {
  expect(circlesIn(folderGraph(graph))).toEqual([]);
});

test('at most six files are directly in queues/', () => {
  const flat = [...graph.keys()].filter((path) => /^queues\/[^/]+$/.test(path));
  expect(flat.length, flat.join(', ')).toBeLessThanOrEqual(6);
});

test('a planted circle is found, even one of types, re-exports and dynamic imports', () => {
  const files = importGraph([
    parseSource('queues/one/a.ts', "import type { B } from '#queues/two/b.ts';\nexport type A = B;\n"),
    parseSource('queues/two/b.ts', "export { c as b } from '#src/c.ts';\nexport type B = string;\n"),
    parseSource('src/c.ts', "export const c = () => import('../queues/one/a.ts');\n"),
    parseSource('db/d.ts', "type A = import('#queues/one/a.ts').A;\nexport type D = A;\n"),
  ]);
  expect(circlesIn(files)).toEqual(['queues/one/a.ts → queues/two/b.ts → src/c.ts → queues/one/a.ts']);
  expect(files.get('db/d.ts')).toEqual(new Set(['queues/one/a.ts']));
});

test('a planted folder that is imported back is found', () => {
  const files = importGraph([
    parseSource('queues/one/a.ts', "import '#queues/two/b.ts';\n"),
    parseSource('queues/two/b.ts', 'export {};\n'),
    parseSource('queues/two/c.ts', "import '#queues/one/d.ts';\n"),
    parseSource('queues/one/d.ts', 'export {};\n'),
  ]);
  expect(circlesIn(files)).toEqual([]);
  expect(circlesIn(folderGraph(files))).toEqual(['queues/one → queues/two → queues/one']);
});

test('a planted type import from a room inside another room back to the outer one is found', () => {
  const files = importGraph([
    parseSource('queues/jobs/w.ts', "import '#queues/jobs/steps/x.ts';\n"),
    parseSource('queues/jobs/steps/x.ts', "import type { Y } from '#queues/jobs/y.ts';\nexport type X = Y;\n"),
    parseSource('queues/jobs/y.ts', 'export type Y = string;\n'),
  ]);
  expect(circlesIn(files)).toEqual([]);
  expect(circlesIn(folderGraph(files))).toEqual(['queues/jobs → queues/jobs/steps → queues/jobs']);
});
