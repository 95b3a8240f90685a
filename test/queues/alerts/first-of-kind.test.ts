import { expect, test } from 'vitest';
import { alert } from '#queues/alerts/alert.ts';
import { firstOfKind, problemsIn } from '#queues/alerts/first-of-kind.ts';

const alerts = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    alert({ kind: 'parked-job', subject: `job-${n}`, message: 'Parked.', raisedAt: new Date(1_000 - n) }),
  );
const problems = (found: ReturnType<typeof alerts>) => found.reduce((sum, one) => sum + problemsIn(one), 0);

test('a hundred alerts of a kind stay, oldest first', () => {
  const found = firstOfKind(alerts(100), 'parked-job');
  expect(found.map(({ subject }) => subject)).toEqual(
    alerts(100)
      .map(({ subject }) => subject)
      .reverse(),
  );
  expect(problems(found)).toBe(100);
  expect(firstOfKind([], 'parked-job')).toEqual([]);
});

test('of more, the oldest hundred stay, and one alert says how many others there are', () => {
  const found = firstOfKind(alerts(150), 'parked-job', 9_000);
  expect(found).toHaveLength(101);
  expect(found[0]?.subject).toBe('job-149');
  expect(found.at(-1)).toMatchObject({ id: 'parked-job:more', message: expect.stringContaining('And 8900 more') });
  expect(problems(found)).toBe(9_000);
});
