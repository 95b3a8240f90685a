import { expect, test } from 'vitest';
import { type AbortReason, RunAborted } from '#queues/ports/job-errors.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { perform } from '#queues/run/perform.ts';
import { destroy, settle } from '../../db/conformance/fixture.ts';
import { testRun, useWorkplace } from '../workplace.ts';

const place = useWorkplace();

const abortedWith = async (reason: AbortReason) => {
  const { server, job } = await place.bought();
  const run = testRun(job.id);
  place.provider.during('create', () => run.abort.abort(new RunAborted(reason)));
  return { server, job, end: await perform(run, place.deps) };
};

test('a run that has lost its lock settles nothing', async () => {
  const { job, end } = await abortedWith('lock-lost');
  expect(end).toEqual({ kind: 'lock-lost' });
  expect(await place.stateOf(job.id)).toBe('released');
});

test('a shutdown hands the job back, and the next run adopts its machine', async () => {
  const { job, end } = await abortedWith('shutdown');
  expect(end).toEqual({ kind: 'handed-back' });
  expect(await place.perform(job.id, { attemptsStarted: 2 })).toMatchObject({ result: 'made' });
  expect(place.provider.count('create')).toBe(1);
});

test.each([0, 9])('a failure after %i attempts in a run that must stop uses no attempt', async (attemptsMade) => {
  const { job } = await place.bought();
  const run = testRun(job.id, { attemptsMade });
  place.provider.during('create', () => run.abort.abort(new RunAborted('shutdown')));
  place.provider.fail('create', new ProviderError('unknown', 'No answer.'), { acted: true });
  expect(await perform(run, place.deps)).toEqual({ kind: 'handed-back' });
  expect(await place.stateOf(job.id)).toBe('released');
  expect(place.provider.machines()).toHaveLength(1);
});

test('a destroy during the order cancels the create, and then leaves no machine', async () => {
  const { server, job } = await place.bought();
  place.provider.during('create', () => destroy(place.store, server.id, place.clock.now).then(() => undefined));
  expect(await place.perform(job.id)).toEqual({ kind: 'completed', result: 'cancelled' });
  const [destroyId] = place.published;
  expect(await place.perform(destroyId ?? '')).toEqual({ kind: 'completed', result: 'removed' });
  expect(place.provider.machines()).toEqual([]);
  expect(await place.statusOf(server.id)).toBe('destroyed');
});

test('a destroy before a change stops the run at its checkpoint', async () => {
  const { server, job } = await place.bought();
  place.provider.during('find', () => destroy(place.store, server.id, place.clock.now).then(() => undefined));
  expect(await place.perform(job.id)).toEqual({ kind: 'completed', result: 'cancelled' });
  expect(place.provider.count('create')).toBe(0);
});

test('a job that another run has settled already ends as recorded, without a change', async () => {
  const { job } = await place.bought();
  place.provider.during('find', async () => {
    await settle(place.store, job.id, { end: 'failed', error: 'By the other.', leftover: 'gone' });
  });
  expect(await place.perform(job.id)).toEqual({ kind: 'failed', error: 'By the other.' });
  expect(place.provider.count('create')).toBe(0);
});

test('a second settle is fenced and changes nothing', async () => {
  const { server, job } = await place.bought();
  const other = { providerId: 'vps-7', account: 'acc-1', ipv4: '192.0.2.7', ipv6: null };
  place.provider.during('account', async () => {
    await settle(place.store, job.id, { end: 'made', machine: other });
  });
  expect(await place.perform(job.id)).toEqual({ kind: 'completed', result: 'succeeded' });
  expect((await place.store.readServer(server.id))?.machine?.providerId).toBe('vps-7');
  expect(place.ends).toEqual(['create fenced']);
});

test.each([
  ['lock-lost', 'lock-lost'],
  ['shutdown', 'handed-back'],
] as const)('%s while the leftover is removed: %s, and the job is not failed', async (reason, kind) => {
  const { job } = await place.bought();
  const run = testRun(job.id, { attemptsMade: 9 });
  place.provider.fail('account', new ProviderError('unavailable', 'Away.'));
  place.provider.during('remove', () => run.abort.abort(new RunAborted(reason)));
  expect(await perform(run, place.deps)).toEqual({ kind });
  expect(await place.stateOf(job.id)).toBe('released');
});

test('a lock lost without notice stops the run at its next change', async () => {
  const { job } = await place.bought();
  expect(await place.perform(job.id, { extendLock: async () => false })).toEqual({ kind: 'lock-lost' });
  expect(place.provider.count('create')).toBe(0);
});
