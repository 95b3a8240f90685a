import { describe, expect, test } from 'vitest';
import type { ScheduleTimes } from '#db/schedules.ts';
import { delayMs, nextRebuilds, nextTime, zoneNamed } from '#queues/schedules/times.ts';

const daily: ScheduleTimes = { every: 'day', weekday: null, day: null, at: '02:30', zone: 'Europe/Berlin' };
const monthly = (day: number, zone = 'UTC'): ScheduleTimes => ({ ...daily, every: 'month', day, zone });

/** The next `count` times after an instant. */
function timesAfter(times: ScheduleTimes, from: string, count: number): string[] {
  const found: string[] = [];
  for (let after = new Date(from); found.length < count; ) {
    after = nextTime(times, after);
    found.push(after.toISOString().replace(':00.000Z', 'Z'));
  }
  return found;
}

describe('02:30 in Berlin', () => {
  test('is at 03:30 on the day on which the clock skips it, and comes each day', () => {
    expect(timesAfter(daily, '2026-03-28T00:00Z', 3)).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-29T01:30Z',
      '2026-03-30T00:30Z',
    ]);
  });

  test('comes once on the day on which the clock shows it twice', () => {
    expect(timesAfter(daily, '2026-10-24T00:00Z', 3)).toEqual([
      '2026-10-24T00:30Z',
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
    expect(timesAfter(daily, '2026-10-25T00:31Z', 1)).toEqual(['2026-10-26T01:30Z']);
  });
});

test('day 31 is the last day of a shorter month', () => {
  expect(timesAfter(monthly(31), '2027-01-01T00:00Z', 5)).toEqual([
    '2027-01-31T02:30Z',
    '2027-02-28T02:30Z',
    '2027-03-31T02:30Z',
    '2027-04-30T02:30Z',
    '2027-05-31T02:30Z',
  ]);
});

test('day 29 and day 30 of February are the leap day in a leap year, and the 28th in others', () => {
  for (const day of [29, 30]) {
    expect(timesAfter(monthly(day), '2028-02-01T00:00Z', 1)).toEqual(['2028-02-29T02:30Z']);
    expect(timesAfter(monthly(day), '2027-02-01T00:00Z', 1)).toEqual(['2027-02-28T02:30Z']);
  }
});

test('a weekly schedule comes on its weekday, also over a change of the clock', () => {
  const weekly: ScheduleTimes = { ...daily, every: 'week', weekday: 'sunday' };
  expect(timesAfter(weekly, '2026-03-22T01:29Z', 3)).toEqual([
    '2026-03-22T01:30Z',
    '2026-03-29T01:30Z',
    '2026-04-05T00:30Z',
  ]);
  expect(timesAfter({ ...weekly, weekday: 'monday' }, '2026-11-29T12:00Z', 1)).toEqual(['2026-11-30T01:30Z']);
});

test('the day is that of the zone', () => {
  expect(timesAfter({ ...daily, zone: 'Pacific/Kiritimati' }, '2026-05-01T12:00Z', 1)).toEqual(['2026-05-01T12:30Z']);
  expect(timesAfter({ ...daily, zone: 'Pacific/Honolulu' }, '2026-05-01T12:00Z', 1)).toEqual(['2026-05-01T12:30Z']);
  expect(timesAfter({ ...daily, zone: 'Asia/Kathmandu' }, '2026-05-01T12:00Z', 1)).toEqual(['2026-05-01T20:45Z']);
});

test('the next time is later than the given instant', () => {
  expect(timesAfter({ ...daily, zone: 'UTC' }, '2026-05-01T02:30Z', 1)).toEqual(['2026-05-02T02:30Z']);
  expect(timesAfter({ ...daily, zone: 'UTC' }, '2026-05-01T02:29:59.999Z', 1)).toEqual(['2026-05-01T02:30Z']);
});

test('a time that the clock moves over midnight is not lost', () => {
  // On 4 November 2018 São Paulo's clock went from 00:00 to 01:00; Samoa had no 30 December 2011.
  const midnight: ScheduleTimes = { ...daily, at: '00:15', zone: 'America/Sao_Paulo' };
  expect(timesAfter(midnight, '2018-11-03T12:00Z', 2)).toEqual(['2018-11-04T03:15Z', '2018-11-05T02:15Z']);
  const samoa: ScheduleTimes = { ...daily, zone: 'Pacific/Apia' };
  expect(timesAfter(samoa, '2011-12-29T00:00Z', 3)).toEqual([
    '2011-12-29T12:30Z',
    '2011-12-30T12:30Z',
    '2011-12-31T12:30Z',
  ]);
});

test('each server has its own delay of less than ten minutes, always the same', () => {
  const delays = Array.from({ length: 200 }, (_, n) => delayMs(`srv-${n}`));
  expect(Math.min(...delays)).toBeLessThan(60_000);
  expect(Math.max(...delays)).toBeGreaterThan(540_000);
  expect(Math.max(...delays)).toBeLessThan(600_000);
  expect(delayMs('srv-7')).toBe(delays[7]);
});

test('the next rebuilds have the delay of the server', () => {
  const delay = delayMs('srv-1');
  const first = nextTime(daily, new Date('2026-03-28T00:00Z'));
  const nextAt = new Date(first.getTime() + delay);
  const rebuilds = nextRebuilds({ ...daily, serverId: 'srv-1', nextAt }, 3);
  expect(rebuilds.map((at) => new Date(at.getTime() - delay).toISOString().slice(0, 16))).toEqual([
    '2026-03-28T01:30',
    '2026-03-29T01:30',
    '2026-03-30T00:30',
  ]);
});

test.each([
  ['Europe/Berlin', 'Europe/Berlin'],
  ['europe/berlin', 'Europe/Berlin'],
  ['UTC', 'UTC'],
  ['Europe/Nowhere', null],
  ['', null],
])('the zone %j is named %j', (name, expected) => {
  expect(zoneNamed(name)).toBe(expected);
});
