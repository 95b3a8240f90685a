import { expect, it } from 'vitest';
import { inTurn, outward } from '#src/simulator/vpn/likely-first.ts';

const items = [1, 2, 3, 4, 5, 6];
const all = () => true;

it.each([
  ['in both directions', 2, [3, 2, 4, 1, 5, 6]],
  ['forward from the start', 0, [1, 2, 3, 4, 5, 6]],
  ['back from the end', -1, [6, 5, 4, 3, 2, 1]],
])('goes outward %s', (_, at, order) => {
  expect([...outward(items, at, all)]).toEqual(order);
});

it('leaves out what does not fit', () => {
  expect([...outward(items, 3, (item) => item % 2 === 0)]).toEqual([4, 2, 6]);
});

it('takes one of each source in turn, and goes on with those that have more', () => {
  const sources = [[1, 2, 3], [], ['a']].map((source) => source.values());
  expect([...inTurn<number | string>(sources)]).toEqual([1, 'a', 2, 3]);
});
