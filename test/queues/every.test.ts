import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { every } from '#queues/every.ts';

// Fake timers do not replace timers/promises, so the pauses here are short or are ended by the test.
let stop: () => Promise<void> = async () => undefined;
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0.5));
afterEach(async () => {
  await stop();
  vi.restoreAllMocks();
});

const hour = 3_600_000;
const starting = (ms: number, body: (signal: AbortSignal) => Promise<unknown>, onError = vi.fn()) => {
  const repeating = every(ms, body, onError);
  stop = repeating.stop;
  return repeating;
};

test('the body runs at once, and again after each end', async () => {
  const third = Promise.withResolvers<void>();
  let runs = 0;
  starting(5, async () => {
    runs += 1;
    if (runs === 3) third.resolve();
  });
  await third.promise;
  expect(runs).toBe(3);
});

test('runs do not overlap', async () => {
  let atWork = 0;
  let runs = 0;
  const done = Promise.withResolvers<void>();
  let mostAtWork = 0;
  let wake: () => void = () => undefined;
  wake = starting(1, async () => {
    atWork += 1;
    mostAtWork = Math.max(mostAtWork, atWork);
    wake();
    await new Promise(setImmediate);
    atWork -= 1;
    runs += 1;
    if (runs === 4) done.resolve();
  }).now;
  await done.promise;
  expect(mostAtWork).toBe(1);
});

test('an error is reported, and the runs continue', async () => {
  const onError = vi.fn();
  const twice = Promise.withResolvers<void>();
  starting(
    1,
    async () => {
      if (onError.mock.calls.length === 2) twice.resolve();
      throw new Error('No luck.');
    },
    onError,
  );
  await twice.promise;
  expect(onError).toHaveBeenCalledWith(new Error('No luck.'));
});

test('the runs continue if the body throws synchronously', async () => {
  const onError = vi.fn();
  starting(
    1,
    () => {
      throw new Error('At once.');
    },
    onError,
  );
  await vi.waitFor(() => expect(onError.mock.calls.length).toBeGreaterThan(1));
});

test('now() ends the pause', async () => {
  const runs = vi.fn(async () => undefined);
  const repeating = starting(hour, runs);
  await vi.waitFor(() => expect(runs).toHaveBeenCalledTimes(1));
  await new Promise(setImmediate);
  repeating.now();
  await vi.waitFor(() => expect(runs).toHaveBeenCalledTimes(2));
});

test('now() during a run causes one more run', async () => {
  const first = Promise.withResolvers<void>();
  const runs = vi.fn(() => first.promise);
  const repeating = starting(hour, runs);
  repeating.now();
  repeating.now();
  first.resolve();
  await vi.waitFor(() => expect(runs).toHaveBeenCalledTimes(2));
  await new Promise(setImmediate);
  expect(runs).toHaveBeenCalledTimes(2);
});

test('stop() aborts the run, waits for its end, and starts no other', async () => {
  const aborted = Promise.withResolvers<void>();
  let ended = false;
  const runs = vi.fn(async (signal: AbortSignal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    aborted.resolve();
    await new Promise(setImmediate);
    ended = true;
  });
  const repeating = starting(1, runs);
  await vi.waitFor(() => expect(runs).toHaveBeenCalledTimes(1));
  await repeating.stop();
  await aborted.promise;
  expect(ended).toBe(true);
  expect(runs).toHaveBeenCalledTimes(1);
});

test('stop() ends a pause at once', async () => {
  const runs = vi.fn(async () => undefined);
  const repeating = starting(hour, runs);
  await new Promise(setImmediate);
  await repeating.stop();
  expect(runs).toHaveBeenCalledOnce();
});
