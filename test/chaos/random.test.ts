import { expect, test } from 'vitest';
import { randomOf } from './random.ts';

const draws = (random = randomOf(31, 'nemesis/0')) => Array.from({ length: 5 }, () => random.between(1, 1_000));

test('the same seed and name give the same numbers, and another name gives others', () => {
  expect(draws()).toEqual(draws());
  expect(draws(randomOf(31, 'nemesis/1'))).not.toEqual(draws());
});

test('the numbers of a fork do not depend on other drawn numbers', () => {
  const random = randomOf(31, 'nemesis/0');
  const fork = random.fork('trade');
  random.next();
  expect(draws(fork)).toEqual(draws(randomOf(31, 'nemesis/0').fork('trade')));
  expect(draws(random.fork('faults'))).not.toEqual(draws(random.fork('trade')));
});
