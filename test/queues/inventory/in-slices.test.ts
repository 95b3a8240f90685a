import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { inSlices } from '#queues/inventory/in-slices.ts';

test('acts on every item in order, and leaves the event loop in between', async () => {
  const items = Array.from({ length: 5_000 }, (_, at) => at);
  const seen: number[] = [];
  const between: number[] = [];
  const watch = async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      between.push(seen.length);
      await nextTurn();
    }
  };
  await Promise.all([inSlices(items, (item) => void seen.push(item)), watch()]);
  expect(seen).toEqual(items);
  expect(new Set(between)).toEqual(new Set([2_000, 4_000, 5_000]));
});

test('an empty list calls nothing', async () => {
  const act = vi.fn();
  await inSlices([], act);
  expect(act).not.toHaveBeenCalled();
});
