import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './sources.ts';

export interface Page {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export function readPages(): Page[] {
  const paths = globSync(['README.md', 'CHANGELOG.md', 'docs/**/*.md'], { cwd: root }).sort();
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

const widest = 120;

/** Lines that are wider than 120 characters, except in code blocks, tables, and lines that are one link. */
export function wideLines({ path, text }: Page): string[] {
  let inCode = false;
  return text.split('\n').flatMap((line, at) => {
    if (/^\s*```/.test(line)) inCode = !inCode;
    const mayBeWide = inCode || /^\s*\|/.test(line) || isOneLink(line);
    return mayBeWide || line.length <= widest ? [] : [`${path}:${at + 1}`];
  });
}

/** A link, with at most a few words around it, cannot be wrapped. */
function isOneLink(line: string): boolean {
  return line.replace(/\]\([^)]*\)/g, '').length <= widest;
}

/** The links of a page into the repository, without the part after `#`. */
export function localLinks({ text }: Page): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target.split('#')[0] ?? '');
  return targets.filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}
