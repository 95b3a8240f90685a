import { expect, test } from 'vitest';
import { attemptsBegun, type Counters } from '#queues/bullmq/attempts.ts';

test.each<[string, Counters, number]>([
  ['waits for its first run', { attemptsMade: 0, attemptsStarted: 0 }, 0],
  ['runs for the first time', { attemptsMade: 0, attemptsStarted: 1 }, 1],
  ['was delayed twice without using an attempt', { attemptsMade: 0, attemptsStarted: 3 }, 1],
  ['waits for its second attempt', { attemptsMade: 1, attemptsStarted: 1 }, 1],
  ['runs for the second time', { attemptsMade: 1, attemptsStarted: 2 }, 2],
  ['runs again after two crashes', { attemptsMade: 1, attemptsStarted: 4 }, 2],
  ['has ended in its first run', { attemptsMade: 1, attemptsStarted: 1, finishedOn: 1 }, 1],
  ['has ended after crashes', { attemptsMade: 2, attemptsStarted: 5, finishedOn: 1 }, 2],
  ['has counters that another program wrote', { attemptsMade: Number.NaN, attemptsStarted: -4 }, 0],
])('a job that %s', (_what, counters, attempts) => {
  expect(attemptsBegun(counters)).toBe(attempts);
});
