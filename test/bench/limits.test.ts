import { expect, test } from 'vitest';
import { brokenLimits, limits } from './limits.ts';

const two = [
  { figure: 'statements', most: 3, about: 'Statements.' },
  { figure: 'commands', most: 5, about: 'Commands.' },
];

test('a figure at its limit is in order, and one above it or absent is not', () => {
  expect(brokenLimits(new Map(Object.entries({ statements: 3, commands: 5 })), two)).toEqual([]);
  expect(brokenLimits(new Map([['statements', 4]]), two)).toEqual([
    'statements: 4, and the limit is 3.',
    'commands: not counted.',
  ]);
});

test('every limit has a figure of its own and a sentence', () => {
  expect(new Set(limits.map(({ figure }) => figure)).size).toBe(limits.length);
  for (const { about } of limits) expect(about).toMatch(/^[A-Z].*\.$/);
});
