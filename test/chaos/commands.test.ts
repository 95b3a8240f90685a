import { expect, test } from 'vitest';
import { jobRow } from '../queues/jobs/scene.ts';
import { unfulfilled } from './commands.ts';
import { attempt, facts, jobs } from './scene.ts';

test.each([
  ['failed', 'The rebuild job-2 of srv-1 is failed: Sold out.'],
  [null, 'The rebuild job-2 of srv-1 is missing.'],
] as const)('an acknowledged rebuild that is %s is reported', (state, message) => {
  const book = [attempt(), attempt({ kind: 'rebuild', jobId: 'job-2' })];
  const more = state ? [jobRow({ id: 'job-2', state, error: 'Sold out.' })] : [];
  expect(unfulfilled(facts({ book, dump: { jobs: [...jobs, ...more] } }))).toEqual([message]);
});
