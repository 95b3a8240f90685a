import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ParseResult, parseSync } from 'oxc-parser';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Source {
  /** Relative to the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly parsed: ParseResult;
}

/** Every program file of these folders, by path. Throws at the first file that does not parse. */
export function readSources(folders: readonly string[] = ['db', 'queues', 'src']): Source[] {
  const paths = globSync(
    folders.map((folder) => `${folder}/**/*.{ts,mts,mjs}`),
    { cwd: root },
  ).sort();
  return paths.map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
}

export function parseSource(path: string, text: string): Source {
  const parsed = parseSync(path, text);
  const [error] = parsed.errors;
  if (error) throw new Error(`${path} does not parse: ${error.message}`);
  return { path, text, parsed };
}

/** Lines of a text that ends with a newline, or of a part of one. */
export function countLines(text: string): number {
  return text.replace(/\n$/, '').split('\n').length;
}
