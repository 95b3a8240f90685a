import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { frugal } from '#src/start/child.ts';
import { workerNiceness } from '../../bench/ours.ts';

test.each(['api', 'worker'])(
  'npm run %s has the variables with which the demonstration and the bench start it',
  (name) => {
    const scripts = readScripts();
    for (const [variable, value] of Object.entries(frugal)) expect(scripts[name]).toContain(`${variable}=${value} `);
  },
);

test('npm run worker has the priority with which the bench starts it beside an API', () => {
  expect(readScripts().worker).toContain(` nice -n ${workerNiceness} node `);
});

function readScripts(): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).scripts;
}
