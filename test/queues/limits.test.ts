import { expect, test } from 'vitest';
import { jobKinds } from '#db/model.ts';
import { attemptsOf, longestRetryMs, retryDelayMs } from '#queues/limits.ts';

test('the wait between attempts grows up to two minutes', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8, 40, 5_000].map((attempt) => retryDelayMs(attempt, () => 1));
  expect(longest).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000, 120_000]);
});

test('attempts are spread over the upper half of the wait', () => {
  expect(retryDelayMs(3, () => 0)).toBe(4_000);
  expect(retryDelayMs(3, () => 0.5)).toBe(6_000);
  expect(new Set(Array.from({ length: 50 }, () => retryDelayMs(7))).size).toBeGreaterThan(40);
});

test.each([0, -1, Number.NaN])('an invalid count of %s attempts from Redis still gives a wait', (attempts) => {
  const delay = retryDelayMs(attempts, () => 1);
  expect(delay).toBeGreaterThan(0);
  expect(delay).toBeLessThanOrEqual(longestRetryMs);
});

test('removals have no last attempt', () => {
  const endless = jobKinds.filter((kind) => attemptsOf[kind] > 1_000_000);
  expect(endless).toEqual(['suspend', 'destroy', 'retire']);
});
