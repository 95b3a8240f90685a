import { expect, test } from 'vitest';
import { dayAfter, dayOf, spansOf, startOf } from '#queues/statements/days.ts';

test.each([
  ['2026-11-29', 'UTC', '2026-11-29T00:00:00.000Z'],
  ['2026-11-29', 'Europe/Berlin', '2026-11-28T23:00:00.000Z'],
  ['2026-07-01', 'Europe/Berlin', '2026-06-30T22:00:00.000Z'],
  ['2026-11-29', 'Pacific/Kiritimati', '2026-11-28T10:00:00.000Z'],
  ['2026-11-29', 'Etc/GMT+12', '2026-11-29T12:00:00.000Z'],
  ['2026-11-29', 'Asia/Kathmandu', '2026-11-28T18:15:00.000Z'],
  // The clock goes from 00:00 to 01:00.
  ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
])('%s in %s begins at %s', (day, zone, start) => {
  expect(startOf(day, zone).toISOString()).toBe(start);
  expect(dayOf(new Date(start), zone)).toBe(day);
  expect(dayOf(new Date(Date.parse(start) - 1), zone) < day).toBe(true);
});

test.each([
  ['2026-03-29', 23],
  ['2026-10-25', 25],
  ['2026-10-26', 24],
])('%s has %i hours in Berlin', (day, hours) => {
  const length = startOf(dayAfter(day), 'Europe/Berlin').getTime() - startOf(day, 'Europe/Berlin').getTime();
  expect(length).toBe(hours * 3_600_000);
});

test('the day after the last one of a month, of a leap February and of a year', () => {
  expect(['2026-11-30', '2028-02-28', '2028-02-29', '2026-12-31'].map(dayAfter)).toEqual([
    '2026-12-01',
    '2028-02-29',
    '2028-03-01',
    '2027-01-01',
  ]);
});

test('a time is divided at each midnight, and nothing of it is lost', () => {
  const [from, to] = [new Date('2026-10-24T12:00:00Z'), new Date('2026-10-26T06:00:00Z')];
  const spans = spansOf(from, to, 'Europe/Berlin');
  expect(spans.map(({ day }) => day)).toEqual(['2026-10-24', '2026-10-25', '2026-10-26']);
  expect(spans.map(({ from, to }) => (to.getTime() - from.getTime()) / 3_600_000)).toEqual([10, 25, 7]);
  expect(spansOf(from, from, 'UTC')).toEqual([]);
  expect(spansOf(from, new Date(from.getTime() + 1), 'UTC')).toHaveLength(1);
});
