import { expect, test } from 'vitest';
import { turnOf } from '#queues/inventory/turn-of.ts';

const start = Date.UTC(2026, 0, 1);
const numbers = (length: number) => Array.from({ length }, (_, n) => n);

test('a short list is whole in every turn', () => {
  for (let n = 0; n < 9; n += 1)
    expect(turnOf(numbers(5), 5, new Date(start + n * 20_000)).toSorted()).toEqual(numbers(5));
  expect(turnOf([], 5, new Date(start))).toEqual([]);
});

test.each([20, 40, 60, 100, 3_600])('everything gets its turn, with a pass each %i s', (seconds) => {
  for (const length of [6, 7, 10, 15, 30, 60, 75, 105, 150]) {
    const seen = new Set<number>();
    // Four times as many passes as would do without an overlap.
    for (let n = 0; n < 4 * Math.ceil(length / 5); n += 1)
      for (const one of turnOf(numbers(length), 5, new Date(start + n * seconds * 1_000))) seen.add(one);
    expect(seen.size, `${length}`).toBe(length);
  }
});
