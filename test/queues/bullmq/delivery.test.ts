import { expect, test } from 'vitest';
import type { QueuedJob } from '#queues/bullmq/connection.ts';
import { runFromDelivery } from '#queues/bullmq/delivery.ts';
import { progressWithStep } from '#queues/bullmq/progress.ts';

const { signal } = new AbortController();
const delivered = (fields: Record<string, unknown> = {}, redisLife: string | null = 'life-1') =>
  runFromDelivery(
    {
      id: 'job-1',
      attemptsMade: 2,
      attemptsStarted: 3,
      progress: 0,
      data: { serverId: 'srv-1', publishedBy: 'release', redisLife: 'life-1' },
      ...fields,
    } as unknown as QueuedJob,
    { token: 'token-1', crashes: 4, redisLife, reportProgress: () => undefined },
    signal,
  );

test('a delivery carries its id and the counts of earlier runs', () => {
  expect(delivered()).toMatchObject({ id: 'job-1', attemptsMade: 2, attemptsStarted: 3, crashes: 4, signal });
  expect(delivered().publishedAtRelease).toBe(true);
});

const published = { publishedBy: 'release', redisLife: 'life-1' };

test.each<unknown>([
  ...[null, undefined, {}, 'release'],
  ...[{ ...published, publishedBy: 'sweep' }, { ...published, publishedBy: true }, { publishedBy: 'release' }],
])('a job with data %j was not published at its release', (data) => {
  expect(delivered({ data }).publishedAtRelease).toBe(false);
});

test('a job from another life of Redis, or an unknown one, was not published at its release', () => {
  expect(delivered({}, 'life-2').publishedAtRelease).toBe(false);
  expect(delivered({ data: { ...published, redisLife: null } }, null).publishedAtRelease).toBe(false);
});

test.each([[0], [57], ['half'], [null], [[]], [{}], [{ step: 'Ordering' }], [{ step: 7, percent: 'x' }]])(
  'progress %j counts as none',
  (progress) => {
    expect(delivered({ progress }).progress).toBeNull();
  },
);

test('impossible counts in the progress count as 0', () => {
  const progressOf = (changes: object) =>
    delivered({ progress: { step: 'Ordering', percent: 20, ...changes } }).progress;
  const plain = { step: 'Ordering', percent: 20, furthest: 0, crashesBefore: 0, orderedAt: null };
  expect(progressOf({})).toEqual(plain);
  expect(progressOf({ furthest: 40, crashesBefore: 3 })).toEqual({ ...plain, furthest: 40, crashesBefore: 3 });
  expect(progressOf({ furthest: '40', crashesBefore: -9 })).toEqual(plain);
  expect(progressOf({ furthest: 1e300, crashesBefore: 1.5 })).toEqual(plain);
});

test('the time of an order is kept, and an impossible one counts as none', () => {
  const orderedAt = (kept: unknown) =>
    delivered({ progress: { step: 'Ordering', percent: 20, orderedAt: kept } }).progress?.orderedAt;
  expect([1_777_000_000_000, 'now', 1.5, 1e300, null].map(orderedAt)).toEqual([
    1_777_000_000_000,
    null,
    null,
    null,
    null,
  ]);
});

test('the earlier crashes in the progress are capped at the crashes of the job', () => {
  const forged = { step: 'Ordering', percent: 20, furthest: 20, crashesBefore: 1_000 };
  expect(delivered({ progress: forged }).progress?.crashesBefore).toBe(4);
});

test.each([[Number.NaN], [-1], [1.5], ['7'], [undefined], [2 ** 60]])('a count of %j counts as 0', (count) => {
  expect(delivered({ attemptsMade: count }).attemptsMade).toBe(0);
});

test('a start without a valid count is not the first start', () => {
  expect(delivered({ attemptsStarted: Number.NaN }).attemptsStarted).not.toBe(1);
});

test('the lock is held only if Redis extends it', async () => {
  expect(await delivered({ extendLock: async () => 1 }).extendLock()).toBe(true);
  expect(await delivered({ extendLock: async () => 0 }).extendLock()).toBe(false);
});

test('a delayed job shows the reason, and keeps its progress', () => {
  const kept = { step: 'Ordering', percent: 20, furthest: 20, crashesBefore: 1, orderedAt: 7 };
  const job = (progress: unknown) => ({ progress, stalledCounter: 1 }) as unknown as QueuedJob;
  expect(progressWithStep(job(kept), 'Delayed.')).toEqual({ ...kept, step: 'Delayed.' });
  const none = { percent: 0, furthest: 0, crashesBefore: 0, orderedAt: null };
  expect(progressWithStep(job(0), 'Delayed.')).toEqual({ ...none, step: 'Delayed.' });
});
