import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// Postgres keeps a prepared statement by its name: a second query with the name would run the first one.
test('each hot query has a name of its own', () => {
  const files = globSync('db/**/*.ts', { cwd: new URL('../../', import.meta.url) });
  const names = files.flatMap((file) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    return [...text.matchAll(/\bhot(?:Row|Write|Insert)?\(\s*['`](\w+)/g)].map(([, name]) => name);
  });
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});
