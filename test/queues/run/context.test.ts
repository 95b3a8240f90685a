import { expect, test, vi } from 'vitest';
import type { Work } from '#db/reads/work.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { createJobContext } from '#queues/run/context.ts';
import type { Run } from '#queues/run/run.ts';
import { jobRow, machineRow, serverRow } from '../jobs/scene.ts';
import { testRun, useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const work: Work & { isOverdue: boolean } = {
  isOverdue: false,
  job: jobRow(),
  server: serverRow(),
  machine: machineRow(),
  machines: [machineRow()],
  sealedKeys: null,
  accountInUse: null,
};
const contextFor = (changes: Partial<Run> = {}) => {
  const run = testRun('job-1', changes);
  place.deps.emptyRuns.begin(run);
  return createJobContext(run, place.deps, work);
};

test.each<[boolean, string, Partial<Run>]>([
  [true, 'was published at its release and starts for the first time', {}],
  [false, 'starts again', { attemptsStarted: 2 }],
  [false, 'was never counted', { attemptsStarted: 0 }],
  [false, 'was run by a worker that died', { crashes: 1 }],
  [false, 'was published by the sweeper', { publishedAtRelease: false }],
])('%s: a run is surely the first that %s', (expected, _, changes) => {
  expect(contextFor(changes).surelyFirst).toBe(expected);
});

test('the context has the rows, and the owner tag of every machine', () => {
  expect(contextFor()).toMatchObject({ ...work, owner: { installation: 'test', serverId: 'srv-1' } });
});

test('a step that is reported several times in a row is shown once', () => {
  const reportProgress = vi.fn();
  const context = contextFor({ reportProgress });
  for (const [step, percent] of [
    ['Looking', 5],
    ['Looking', 5],
    ['Looking', 7],
    ['Ordering', 20],
    ['Looking', 5],
  ] as const)
    context.report(step, percent);
  expect(reportProgress.mock.calls.map(([progress, line]) => [line, progress.furthest])).toEqual([
    ['Looking', 5],
    // The percent is new, but the step is already in the log.
    [null, 7],
    ['Ordering', 20],
    ['Looking', 20],
  ]);
});

test('an accepted order is kept beside the job, through later steps, until its machine is gone', () => {
  const reportProgress = vi.fn();
  const context = contextFor({ reportProgress });
  const orderedAt = () => reportProgress.mock.calls.at(-1)?.[0].orderedAt;
  context.report('Ordering', 20);
  expect(orderedAt()).toBeNull();
  context.orders.accepted();
  expect(orderedAt()).toBe(place.clock.now.getTime());
  context.report('Waiting', 40);
  expect(orderedAt()).toBe(place.clock.now.getTime());
  context.orders.gone();
  expect(orderedAt()).toBeNull();
});

test('an order of an earlier run is known to the next one', () => {
  const progress = { step: 'Waiting', percent: 40, furthest: 40, crashesBefore: 0 };
  const after = (orderedAt: number | null) => contextFor({ progress: { ...progress, orderedAt } }).orders.undecidedMs();
  expect([after(null), after(place.clock.now.getTime())]).toEqual([0, place.provider.shownWithinMs]);
});

test('sleeping ends with another signal, if one is given', async () => {
  const abort = new AbortController();
  const sleeping = contextFor().sleep(60_000, abort.signal);
  abort.abort(new Error('enough'));
  await expect(sleeping).rejects.toMatchObject({ name: 'AbortError' });
});

test('sleeping ends with the run', async () => {
  const abort = new AbortController();
  const sleeping = contextFor({ signal: abort.signal }).sleep(60_000);
  abort.abort(new RunAborted('shutdown'));
  await expect(sleeping).rejects.toMatchObject({ name: 'AbortError' });
});

test('waiting for a listing ends with the run', async () => {
  const abort = new AbortController();
  abort.abort(new RunAborted('shutdown'));
  const { signal } = abort;
  await expect(contextFor({ signal }).nextListing('steady', signal)).rejects.toMatchObject({ reason: 'shutdown' });
});
