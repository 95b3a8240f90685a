import { expect, test } from 'vitest';
import { quantile, shown, spreadOf } from './statistics.ts';

test('a spread has the median, the lowest and the highest value', () => {
  expect(spreadOf([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9, count: 3 });
  expect(spreadOf([4, 2])).toEqual({ median: 3, min: 2, max: 4, count: 2 });
  expect(() => spreadOf([])).toThrow('no value');
});

test('a quantile lies between the two nearest values', () => {
  const values = [40, 10, 20, 30, 50];
  expect([0, 0.25, 0.5, 0.9, 1].map((share) => quantile(values, share))).toEqual([10, 20, 30, 46, 50]);
});

test.each([
  [4895.6, '4,896'],
  [93.04, '93'],
  [8.612, '8.61'],
  [0.1, '0.1'],
  [0, '0'],
  [12.345, '12.3'],
])('%d is shown as %s', (value, text) => {
  expect(shown(value)).toBe(text);
});
