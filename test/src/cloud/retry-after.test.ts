import { expect, it } from 'vitest';
import { resetMs, retryAfterMs } from '#src/cloud/retry-after.ts';

const now = new Date('2026-01-01T00:00:00Z');

it.each([
  ['2', 2000],
  ['0', 0],
  [' 1.5 ', 1500],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
  ['99999999', 3_600_000],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
])('a Retry-After of %j gives a wait of %j ms', (header, wait) => {
  expect(retryAfterMs(header, now)).toBe(wait);
});

it.each([
  ['1767225630', 30_000],
  ['1767225590', 0],
  ['99999999999', 3_600_000],
  ['soon', undefined],
  [null, undefined],
])('a RateLimit-Reset of %j gives a wait of %j ms', (header, wait) => {
  expect(resetMs(header, now)).toBe(wait);
});
