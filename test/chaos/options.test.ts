import { expect, test } from 'vitest';
import { isSelected } from './options.ts';

test.each([
  ['redis-away-2', ['redis-away-2']],
  ['redis-away', ['redis-away-2', 'redis-away-20']],
  ['redis', ['redis-away-2', 'redis-away-20', 'redis-cut']],
])('--only %s selects %s', (word, expected) => {
  const ids = ['redis-away-2', 'redis-away-20', 'redis-cut', 'nemesis'];
  expect(ids.filter((id) => isSelected(id, [word], ids))).toEqual(expected);
});
