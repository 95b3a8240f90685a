import { expect, test } from 'vitest';
import { createSlices } from '#db/sqlite/slices.ts';
import { countTurns } from '../../event-loop-turns.ts';

test('short bodies share a turn of the event loop, and run in the order of the calls', async () => {
  const inSlice = createSlices();
  const turn = countTurns();
  const ran: { number: number; turn: number }[] = [];
  const bodies = Array.from({ length: 100 }, (_, number) => inSlice(() => void ran.push({ number, turn: turn.now })));
  await Promise.all(bodies);
  turn.stop();
  expect(ran.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, number) => number));
  expect(new Set(ran.map((one) => one.turn)).size).toBeLessThan(20);
});

test('a body that throws rejects its own call only, and a body may ask for another', async () => {
  const inSlice = createSlices();
  const failing = inSlice(() => {
    throw new Error('no');
  });
  const nested = inSlice(() => inSlice(() => 'inner'));
  await expect(failing).rejects.toThrow('no');
  expect(await nested).toBe('inner');
  expect(await inSlice(() => 'later')).toBe('later');
});
