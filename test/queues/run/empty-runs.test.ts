import { describe, expect, test } from 'vitest';
import { ProviderError } from '#queues/ports/provider.ts';
import { createEmptyRuns } from '#queues/run/empty-runs.ts';
import type { Run } from '#queues/run/run.ts';
import { destroy } from '../../db/conformance/fixture.ts';
import { testRun, useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const refused = new ProviderError('rate-limited', 'Slow down.', { madeNothing: true });
const looksOf = () => place.provider.calls.filter(({ operation }) => operation === 'find').length;

describe('the second run of a job looks', () => {
  /** The first run of a new job fails with the error; counts the looks of its second run. */
  const looksAfter = async (
    operation: 'find' | 'create',
    error: ProviderError,
    second: Partial<Run> = { attemptsStarted: 2 },
  ) => {
    const { job } = await place.bought();
    place.provider.fail(operation, error);
    await place.perform(job.id);
    // The gate waits for the end of the limit.
    place.deps.providerGate.waitMs = () => 0;
    const before = looksOf();
    expect(await place.perform(job.id, second)).toMatchObject({ result: 'made' });
    expect(place.provider.machines()).toHaveLength(1);
    return looksOf() - before;
  };

  test('once after an order that was refused', async () => {
    expect(await looksAfter('create', refused)).toBe(1);
  });

  test('once after a run that ended before its order', async () => {
    expect(await looksAfter('find', new ProviderError('unavailable', 'Away.'))).toBe(1);
  });

  test.each(['unknown', 'unavailable', 'rejected'] as const)('twice after an order that is %s', async (fault) => {
    expect(await looksAfter('create', new ProviderError(fault, 'Who knows?'))).toBe(2);
  });

  test('twice if another process had a run in between', async () => {
    expect(await looksAfter('create', refused, { attemptsStarted: 3 })).toBe(2);
  });

  test.each([
    ['the sweeper has published it since', { publishedAtRelease: false }],
    ['its worker died', { crashes: 1 }],
  ])('twice if %s', async (_, change) => {
    expect(await looksAfter('create', refused, { ...change, attemptsStarted: 2 })).toBe(2);
  });

  test('twice in another process', async () => {
    const { job } = await place.bought();
    place.provider.fail('create', new ProviderError('capacity', 'None left.', { madeNothing: true }));
    await place.perform(job.id);
    Object.assign(place.deps, { emptyRuns: createEmptyRuns() });
    const before = looksOf();
    await place.perform(job.id, { attemptsStarted: 2 });
    expect(looksOf() - before).toBe(2);
  });

  test('once after a run that a closed gate delayed', async () => {
    const { job } = await place.bought();
    const { waitMs } = place.deps.providerGate;
    place.deps.providerGate.waitMs = () => 4_000;
    expect(await place.perform(job.id)).toMatchObject({ kind: 'delayed' });
    place.deps.providerGate.waitMs = waitMs;
    await place.perform(job.id, { attemptsStarted: 2 });
    expect(looksOf()).toBe(1);
  });
});

test('an order whose answer was lost ends the proof of all earlier runs', async () => {
  const { job } = await place.bought();
  place.provider.fail('create', new ProviderError('rejected', 'No.', { madeNothing: true }));
  await place.perform(job.id);
  place.provider.fail('create', new ProviderError('unknown', 'Lost.'), { acted: true });
  await place.perform(job.id, { attemptsStarted: 2 });
  const before = looksOf();
  await place.perform(job.id, { attemptsStarted: 3 });
  // It finds the machine at its first look, by tag and name.
  expect(looksOf() - before).toBe(1);
  expect(place.provider.count('create')).toBe(2);
  expect(place.provider.machines()).toHaveLength(1);
});

test('a refusal after a lost answer proves nothing', async () => {
  const { job } = await place.bought();
  place.provider.fail('create', new ProviderError('unknown', 'Lost.'));
  await place.perform(job.id);
  place.provider.fail('create', new ProviderError('capacity', 'Sold out.', { madeNothing: true }));
  await place.perform(job.id, { attemptsStarted: 2 });
  const before = looksOf();
  await place.perform(job.id, { attemptsStarted: 3 });
  expect(looksOf() - before).toBe(2);
});

test('a count of starts that was set back does not prove anything in a process that has run the job', async () => {
  const { job } = await place.bought();
  place.provider.fail('create', new ProviderError('unknown', 'Lost.'));
  await place.perform(job.id);
  const before = looksOf();
  await place.perform(job.id, { attemptsStarted: 1 });
  expect(looksOf() - before).toBe(2);
});

test('what one start did not prove, no later start of the process proves', () => {
  const memory = createEmptyRuns();
  const starts = [{ attemptsStarted: 3 }, { attemptsStarted: 1 }, { attemptsStarted: 2 }];
  for (const start of starts) {
    const run = testRun('job-1', start);
    memory.begin(run);
    expect(memory.areAll(run)).toBe(false);
  }
});

test('a closed job is forgotten, and of very many jobs the oldest', async () => {
  const { server } = await place.running();
  const { job } = await destroy(place.store, server.id, place.clock.now);
  await place.perform(job.id);
  expect(place.deps.emptyRuns.areAll(testRun(job.id))).toBe(false);
  const runs = Array.from({ length: 10_001 }, (_, at) => testRun(`job-${at}`));
  const memory = createEmptyRuns();
  for (const run of runs) memory.begin(run);
  expect(runs.slice(0, 2).map(memory.areAll)).toEqual([false, true]);
});
