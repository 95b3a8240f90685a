import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { frugal } from '#src/start/child.ts';

test.each(['api', 'worker'])(
  'npm run %s has the options with which the demonstration and the bench start it',
  (name) => {
    const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    for (const flag of frugal.args) expect(scripts[name]).toContain(` ${flag} `);
    for (const [variable, value] of Object.entries(frugal.env))
      expect(scripts[name]).toContain(`${variable}=${value} `);
  },
);
