import { readFileSync } from 'node:fs';

/** The lines of a file without comments (`#`) and empty lines; or the error code if the file cannot be read. */
export function readLines(path: string): { lines: string[] } | { code: string } {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return { lines: lines.map((line) => line.replace(/^\s*#.*$/, '').trim()).filter(Boolean) };
  } catch (error) {
    return { code: error instanceof Error && 'code' in error ? String(error.code) : 'unreadable' };
  }
}
