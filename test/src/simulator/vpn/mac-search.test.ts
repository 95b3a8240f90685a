import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { keyedState, MacSearch } from '#src/simulator/vpn/mac-search.ts';
import { macKeyOf, withMacs } from '#src/vpn/noise.ts';

it.each([1, 63, 64, 65, 116, 128, 129, 300])('finds the key of a MAC among others over %i bytes', (length) => {
  const search = new MacSearch();
  const keys = Array.from({ length: 20 }, () => macKeyOf(randomBytes(32)));
  const states = keys.map((key) => keyedState(key));
  for (const [place, key] of keys.entries()) {
    search.take(withMacs(randomBytes(length), key));
    expect(states.flatMap((state, index) => (search.fits(state) ? [index] : []))).toEqual([place]);
  }
});
