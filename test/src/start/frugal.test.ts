import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { frugal } from '#src/start/child.ts';

test.each(['api', 'worker'])(
  'npm run %s has the variables with which the demonstration and the bench start it',
  (name) => {
    const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    for (const [variable, value] of Object.entries(frugal)) expect(scripts[name]).toContain(`${variable}=${value} `);
  },
);
