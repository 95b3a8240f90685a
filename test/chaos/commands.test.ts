import { expect, test } from 'vitest';
import { jobRow } from '../queues/jobs/scene.ts';
import { unfulfilled } from './commands.ts';
import { attempt, facts, jobs } from './scene.ts';

test('a cancelled resume is reported, unless a later suspension has cancelled it', () => {
  const book = [attempt(), attempt({ kind: 'resume', jobId: 'job-2', askedAt: 5 })];
  const undone = [jobRow({ id: 'job-2', kind: 'resume', state: 'cancelled' })];
  const judged = (more: ReturnType<typeof attempt>[]) =>
    unfulfilled(facts({ book: [...book, ...more], dump: { jobs: [...jobs, ...undone] } }));
  expect(judged([])).toHaveLength(1);
  expect(judged([attempt({ kind: 'suspend', askedAt: 4 })])).toHaveLength(1);
  expect(judged([attempt({ kind: 'suspend', askedAt: 6 })])).toEqual([]);
});

test.each([
  ['failed', 'The rebuild job-2 of srv-1 is failed: Sold out.'],
  [null, 'The rebuild job-2 of srv-1 is missing.'],
] as const)('an acknowledged rebuild that is %s is reported', (state, message) => {
  const book = [attempt(), attempt({ kind: 'rebuild', jobId: 'job-2' })];
  const more = state ? [jobRow({ id: 'job-2', state, error: 'Sold out.' })] : [];
  expect(unfulfilled(facts({ book, dump: { jobs: [...jobs, ...more] } }))).toEqual([message]);
});
