import { expect, test } from 'vitest';
import { createRoomWatch, stateOfRoom } from '#db/room.ts';

test.each([
  [null, false, 'ok'],
  [500_000_000, false, 'ok'],
  [499_999_999, false, 'low'],
  [1_000_000, false, 'low'],
  [46_000, false, 'full'],
  [0, false, 'full'],
  [5_000_000_000, true, 'full'],
  [null, true, 'full'],
])('a disk with %s free bytes, whose last write was refused: %s, is %s', (freeBytes, wasRefused, state) => {
  expect(stateOfRoom({ freeBytes, wasRefused })).toBe(state);
});

test('a disk whose free space cannot be read counts as unknown, and another error of a write as no lack of room', async () => {
  const watch = createRoomWatch(() => Promise.reject(new Error('EACCES')));
  await expect(watch.observe(Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await watch.read()).toEqual({ freeBytes: null, wasRefused: false });
});
