import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { localLinks, readPages, wideLines } from './markdown.ts';
import { describeMeasures, measure, namedLines, quantile } from './measures.ts';
import { isRetired } from './retired-words.ts';
import { functionsIn, namesIn, pathsOfUrls, spreadLiterals, upperCaseNames } from './shapes.ts';
import { parseSource, readSources, root } from './sources.ts';

const sources = readSources();
const measures = measure(sources);
const pages = readPages();

/** The one place that lists all tables together. */
const longFiles = ['db/tables.ts'];
/** Express recognises an error handler by its four parameters. */
const manyParameters = ['src/http/middleware/error-handler.ts', 'src/simulator/app.ts'];

beforeAll(() => console.log(describeMeasures(measures)));

test('at least half of all files have at most 80 lines', () => {
  const lines = measures.files.map((file) => file.lines);
  expect(quantile(lines, 0.5)).toBeLessThanOrEqual(80);
});

test('no file has more than 200 lines', () => {
  const long = measures.files.filter(({ path, lines }) => lines > 200 && !longFiles.includes(path));
  expect(long).toEqual([]);
});

test('at least half of all functions have at most 8 lines, and 90 % at most 25', () => {
  expect(quantile(namedLines(measures), 0.5)).toBeLessThanOrEqual(8);
  expect(quantile(namedLines(measures), 0.9)).toBeLessThanOrEqual(25);
});

test('no function has more than 50 lines', () => {
  const long = measures.functions.filter(({ lines }) => lines > 50);
  expect(long.map(({ where, lines }) => `${where}: ${lines}`)).toEqual([]);
});

test('no function or constructor has more than three parameters', () => {
  const wide = measures.functions.filter(({ parameters }) => parameters > 3).map(({ where }) => where);
  expect(wide.filter((where) => !manyParameters.some((path) => where.startsWith(path)))).toEqual([]);
});

test('no object literal is spread inside a literal', () => {
  expect(sources.flatMap(spreadLiterals)).toEqual([]);
});

test('no path of a file is the pathname of its URL', () => {
  expect(readSources(['db', 'queues', 'src', 'test']).flatMap(pathsOfUrls)).toEqual([]);
});

test('no constant is written in capitals', () => {
  expect(sources.flatMap(upperCaseNames)).toEqual([]);
});

test('no name has a retired word', () => {
  const retired = sources.flatMap((source) => [...namesIn(source)].filter(([name]) => isRetired(name)));
  expect(retired.map(([name, where]) => `${where} ${name}`)).toEqual([]);
});

test('every page is wrapped at 120 characters', () => {
  expect(pages.flatMap(wideLines)).toEqual([]);
});

test('every link of a page leads to a file', () => {
  const lost = pages.flatMap((page) =>
    localLinks(page)
      .filter((target) => !existsSync(join(root, dirname(page.path), target)))
      .map((target) => `${page.path}: ${target}`),
  );
  expect(lost).toEqual([]);
});

const planted = parseSource(
  'src/planted-words.ts',
  [
    'export const TIMEOUT_MS = 5;',
    'export class Fault extends Error {',
    '  constructor(a: number, b: number, c: number, d: number) {',
    '    super(String(a + b + c + d));',
    '  }',
    '}',
    'export const wordsOf = (told: object) => ({ ...{ a: 1 }, told });',
    'export function long() {',
    ...Array.from({ length: 49 }, (_, at) => `  // ${at}`),
    '}',
    '',
  ].join('\n'),
);

test('a planted function, literal, constant and word are found', () => {
  expect(functionsIn(planted).map(({ where, lines, parameters }) => ({ where, lines, parameters }))).toEqual([
    { where: 'src/planted-words.ts:3 constructor', lines: 3, parameters: 4 },
    { where: 'src/planted-words.ts:7 wordsOf', lines: 1, parameters: 1 },
    { where: 'src/planted-words.ts:8 long', lines: 51, parameters: 0 },
  ]);
  expect(spreadLiterals(planted)).toEqual(['src/planted-words.ts:7']);
  expect(upperCaseNames(planted)).toEqual(['src/planted-words.ts:1 TIMEOUT_MS']);
  expect([...namesIn(planted).keys()].filter(isRetired)).toEqual(['wordsOf', 'told', 'planted-words.ts']);
});

test('a planted pathname of a file’s URL is found', () => {
  const code = [
    "export const a = new URL('a.css', import.meta.url).pathname;",
    "export const b = new URL('https://b.test/c').pathname;",
    "export const d = fileURLToPath(new URL('d.css', import.meta.url));",
  ];
  expect(pathsOfUrls(parseSource('src/a.ts', `${code.join('\n')}\n`))).toEqual(['src/a.ts:1']);
});

test('a planted wide line and a planted link are found', () => {
  const wide = 'wide '.repeat(30);
  const text = ['```', wide, '```', `| ${wide} |`, wide, `[text](docs/${'long'.repeat(40)}.md#part)`].join('\n');
  expect(wideLines({ path: 'a.md', text })).toEqual(['a.md:5']);
  expect(localLinks({ path: 'a.md', text: '[a](b.md#c) [d](https://e.test) [f](#g)' })).toEqual(['b.md']);
});

test('a planted file with a retired name is found', () => {
  const names = ['src/kept-file.ts', 'src/wiring.ts', 'src/file-kept.ts'].flatMap((path) => [
    ...namesIn(parseSource(path, 'export const known = 1;\n')).keys(),
  ]);
  expect(names.filter(isRetired)).toEqual(['known', 'kept-file.ts', 'known', 'wiring.ts', 'known']);
});

test('a planted literal is found in parentheses and behind a type, and a static field in capitals is not', () => {
  const code = [
    'export const a = { ...({ b: 1 }) };',
    'export const c = { ...({ d: 1 } as const) };',
    'export const e = [{ ...(({ f: 1 }) satisfies object as object) }];',
    'export const g = (h?: object) => ({ ...(h ?? {}), ...(h && { i: 1 }) });',
    'export class J {',
    '  static readonly KEPT = { LONG: 1 };',
    '}',
  ];
  const source = parseSource('src/a.ts', `${code.join('\n')}\n`);
  expect(spreadLiterals(source)).toEqual(['src/a.ts:1', 'src/a.ts:2', 'src/a.ts:3']);
  expect(upperCaseNames(source)).toEqual([]);
});
