import { expect, test } from 'vitest';
import { nextAttempt, nextProbe } from '#queues/news/attempts.ts';

const now = new Date('2026-11-29T12:00:00Z');
const after = (date: Date | null) => date && (date.getTime() - now.getTime()) / 1_000;
const failure = { retryAfterMs: null, now, random: () => 0.5 };

test('there are ten attempts, with these delays in seconds', () => {
  const delays = Array.from({ length: 10 }, (_, n) => after(nextAttempt({ ...failure, attempts: n + 1 })));
  expect(delays).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, null]);
});

test('delays vary by 20 %', () => {
  expect(after(nextAttempt({ ...failure, attempts: 2, random: () => 0 }))).toBe(240);
  expect(after(nextAttempt({ ...failure, attempts: 2, random: () => 1 }))).toBe(360);
});

test('Retry-After makes a delay longer, up to an hour, and never shorter', () => {
  const asked = (seconds: number, attempts: number) =>
    after(nextAttempt({ ...failure, attempts, retryAfterMs: seconds * 1_000 }));
  expect([asked(60, 1), asked(60, 2), asked(100_000, 1)]).toEqual([60, 300, 3_600]);
});

test('probes have the delays of one delivery, and then come every day', () => {
  const probe = (failures: number) => after(nextProbe(failures, { before: 5, now, random: () => 0.5 }));
  expect([5, 6, 7, 8, 13, 14, 50].map(probe)).toEqual([5, 300, 1_800, 7_200, 86_400, 86_400, 86_400]);
});
