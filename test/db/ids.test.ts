import { expect, test } from 'vitest';
import { firstId, newId } from '#db/ids.ts';

test('an id has its prefix and 18 digits, and is as long now as in a thousand years', () => {
  for (const year of [1970, 2026, 3026]) {
    expect(newId('srv', new Date(Date.UTC(year, 0, 1)))).toMatch(/^srv-[0-9a-hjkmnp-tv-z]{18}$/);
  }
  expect(newId('job', new Date(Date.UTC(2026, 0, 1)))).toMatch(/^job-1kdvdna00/);
});

test('ids of different milliseconds sort by time', () => {
  const at = Date.UTC(2026, 0, 1);
  const ids = [0, 1, 31, 32, 33, 1_023, 1_024, 86_400_000, 40_000_000_000].map((ms) => newId('pur', new Date(at + ms)));
  expect(ids.toSorted()).toEqual(ids);
});

test('the ids of one millisecond differ, and each of their random digits takes every value', () => {
  const now = new Date();
  const ids = Array.from({ length: 20_000 }, () => newId('mac', now));
  expect(new Set(ids).size).toBe(ids.length);
  for (let at = 13; at < 22; at += 1) expect(new Set(ids.map((id) => id.charAt(at))).size).toBe(32);
});

test('the first id of a time sorts after all ids before it, and before all ids of it', () => {
  const at = Date.UTC(2026, 0, 1);
  const [before, first, then] = [
    newId('job', new Date(at - 1)),
    firstId('job', new Date(at)),
    newId('job', new Date(at)),
  ];
  expect([then, first, before].toSorted()).toEqual([before, first, then]);
});
