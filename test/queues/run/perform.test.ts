import { describe, expect, test } from 'vitest';
import { ProviderError } from '#queues/ports/provider.ts';
import { perform } from '#queues/run/perform.ts';
import type { RunEnd } from '#queues/run/run-end.ts';
import { destroy, failed, rebuild, retry, settle } from '../../db/conformance/fixture.ts';
import { testRun, useWorkplace } from '../workplace.ts';

const place = useWorkplace();

describe('the row decides', () => {
  test('a purchase becomes a running server in one settle', async () => {
    const { server, job } = await place.bought();
    expect(await place.perform(job.id)).toEqual({ kind: 'completed', result: 'made' });
    expect(await place.store.readServer(server.id)).toMatchObject({
      server: { status: 'running' },
      machine: { state: 'current', providerId: 'vps-1', account: 'acc-1', ipv4: '192.0.2.1' },
      openJobs: [],
    });
    expect(place.ends).toEqual(['create succeeded']);
  });

  test('a retry that succeeds takes the job that it repeats from the failed ones, and one that fails does not', async () => {
    const { job } = await place.bought();
    await settle(place.store, job.id, failed);
    const second = await retry(place.store, job.id);
    await settle(place.store, second.job.id, failed);
    expect(place.retried).toEqual([]);
    const third = await retry(place.store, second.job.id);
    expect(await place.perform(third.job.id)).toMatchObject({ kind: 'completed' });
    expect(place.retried).toEqual([second.job.id]);
  });

  test('an id that is not in the database fails without a call', async () => {
    expect(await place.perform('job-forged')).toMatchObject({ kind: 'failed', error: expect.stringMatching(/no job/) });
    expect(place.provider.calls).toEqual([]);
  });

  test('a job that waits has no effect', async () => {
    const { server } = await place.bought();
    const { job } = await rebuild(place.store, server.id);
    expect(await place.perform(job.id)).toMatchObject({
      kind: 'completed',
      result: expect.stringMatching(/^No effect/),
    });
    expect(place.provider.calls).toEqual([]);
    expect(await place.stateOf(job.id)).toBe('waiting');
  });

  test('a closed job has no effect, and ends as recorded', async () => {
    const [succeeded, failed] = [await place.bought(), await place.bought()];
    await place.perform(succeeded.job.id);
    await settle(place.store, failed.job.id, { end: 'failed', error: 'Sold out.', leftover: 'gone' });
    const before = place.provider.calls.length;
    expect(await place.perform(succeeded.job.id)).toEqual({ kind: 'completed', result: 'succeeded' });
    expect(await place.perform(failed.job.id)).toEqual({ kind: 'failed', error: 'Sold out.' });
    expect(place.provider.calls).toHaveLength(before);
  });

  test('a job that is not due yet is delayed until it is', async () => {
    const { server } = await place.running();
    const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
    await place.perform(job.id);
    const retireId = place.published.at(-1) ?? '';
    const dueAt = new Date(place.clock.now.getTime() + 300_000);
    expect(await place.perform(retireId)).toMatchObject({ kind: 'delayed', until: dueAt });
    expect(place.provider.machines()).toHaveLength(2);
    place.later(301);
    expect(await place.perform(retireId)).toEqual({ kind: 'completed', result: 'removed' });
    expect(place.provider.machines().map(({ name }) => name)).toEqual([`gf-${server.id}-2`]);
  });
});

describe('crash loops', () => {
  const stuckAt = (crashes: number, crashesBefore: number) => ({
    crashes,
    progress: { step: 'Ordering', percent: 20, furthest: 20, crashesBefore, orderedAt: null },
  });

  test('the sixth start after five crashes without progress parks the job', async () => {
    const { server, job } = await place.bought();
    expect(await place.perform(job.id, stuckAt(5, 0))).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/Parked.*5 times.*"Ordering"/),
    });
    expect(await place.store.readJob(job.id)).toMatchObject({ state: 'failed', parked: true });
    expect(await place.statusOf(server.id)).toBe('failed');
    expect(await place.store.readMachine(`gf-${server.id}-1`)).toMatchObject({ machine: { state: 'abandoned' } });
    expect(place.provider.calls).toEqual([]);
  });

  test('four crashes, or more with progress in between, do not park the job', async () => {
    const [one, two] = [await place.bought(), await place.bought()];
    expect(await place.perform(one.job.id, stuckAt(4, 0))).toMatchObject({ kind: 'completed', result: 'made' });
    expect(await place.perform(two.job.id, stuckAt(9, 5))).toMatchObject({ kind: 'completed', result: 'made' });
  });

  test('jobs whose workers died three times run one at a time, beside the other jobs', async () => {
    const [one, two, other] = [await place.bought(), await place.bought(), await place.bought()];
    const ends: RunEnd[] = [];
    let first = true;
    place.provider.during('create', async () => {
      if (!first) return;
      first = false;
      ends.push(await place.perform(two.job.id, stuckAt(3, 0)), await place.perform(other.job.id, stuckAt(2, 0)));
    });
    expect(await place.perform(one.job.id, stuckAt(3, 0))).toMatchObject({ kind: 'completed' });
    expect(ends).toMatchObject([
      { kind: 'delayed', reason: expect.stringMatching(/workers died/) },
      { kind: 'completed' },
    ]);
    expect(await place.perform(two.job.id, stuckAt(3, 0))).toMatchObject({ kind: 'completed', result: 'made' });
  });

  test('a quarantined job that fails makes room for the next', async () => {
    const [one, two] = [await place.bought(), await place.bought()];
    place.provider.fail('create', new ProviderError('unavailable', 'Away.'));
    expect(await place.perform(one.job.id, stuckAt(3, 0))).toMatchObject({ kind: 'retry' });
    expect(await place.perform(two.job.id, stuckAt(3, 0))).toMatchObject({ kind: 'completed' });
  });
});

describe('the gate', () => {
  test('a closed gate delays the job without a call', async () => {
    const { job } = await place.bought();
    place.provider.fail('find', new ProviderError('rate-limited', 'Slow down.', { retryAfterMs: 30_000 }));
    await place.perform(job.id);
    const calls = place.provider.calls.length;
    const end = await place.perform(job.id);
    expect(end).toMatchObject({ kind: 'delayed', reason: expect.stringMatching(/rate-limited/) });
    expect(place.provider.calls).toHaveLength(calls);
  });

  test('a job past its deadline ends once the gate is open', async () => {
    const { server, job } = await place.bought();
    place.provider.fail('find', new ProviderError('not-allowed', 'Bad key.'));
    place.later(3_601);
    expect(await place.perform(job.id)).toMatchObject({ kind: 'delayed', reason: expect.stringMatching(/Bad key/) });
    expect(await place.statusOf(server.id)).toBe('installing');
    await place.deps.providerGate.provider.find(
      '',
      { installation: 'test', serverId: '' },
      new AbortController().signal,
    );
    expect(await place.perform(job.id)).toMatchObject({ kind: 'failed', error: expect.stringMatching(/in time/) });
    expect(await place.statusOf(server.id)).toBe('failed');
    expect(place.provider.count('create')).toBe(0);
  });

  test('a job past its deadline adopts the machine that is in service, for example after a restore', async () => {
    const { server, job } = await place.bought();
    place.provider.put({ name: `gf-${server.id}-1`, owner: { installation: 'test', serverId: server.id } });
    place.later(86_400);
    expect(await place.perform(job.id)).toEqual({ kind: 'completed', result: 'made' });
    expect(await place.statusOf(server.id)).toBe('running');
    expect(place.provider.count('remove')).toBe(0);
  });

  test('every pause is too short for the sweeper to publish the job again', async () => {
    const { job } = await place.bought();
    place.provider.fail('find', new ProviderError('rate-limited', 'An hour!', { retryAfterMs: 3_600_000 }));
    for (const end of [await place.perform(job.id), await place.perform(job.id)]) {
      if (end.kind !== 'delayed') throw new Error(`It ended as ${end.kind}.`);
      expect(end.until.getTime() - place.clock.now.getTime()).toBeLessThan(3 * 60_000);
    }
  });
});

test('the queue learns the end of a closed job only once it is durable', async () => {
  const { job } = await place.running();
  const store = { ...place.store, flush: () => Promise.reject(new Error('The disk failed.')) };
  const end = await perform(testRun(job.id), { ...place.deps, store });
  expect(end).toMatchObject({ kind: 'delayed', reason: 'The disk failed.' });
});

test('a closed job ends as recorded, even at a closed gate and after many crashes', async () => {
  const { job } = await place.running();
  place.provider.fail('account', new ProviderError('not-allowed', 'Bad key.'));
  await expect(place.deps.providerGate.provider.account(new AbortController().signal)).rejects.toThrow();
  expect(await place.perform(job.id, { crashes: 9 })).toEqual({ kind: 'completed', result: 'succeeded' });
  expect(place.ends).toEqual(['create succeeded']);
});

describe('time', () => {
  test('a create that has not succeeded within an hour of its release fails, and leaves no machine', async () => {
    const { server, job } = await place.bought();
    place.provider.put({
      name: `gf-${server.id}-1`,
      owner: { installation: 'test', serverId: server.id },
      state: 'stopped',
    });
    place.later(3_601);
    expect(await place.perform(job.id)).toMatchObject({ kind: 'failed' });
    expect(place.provider.machines()).toEqual([]);
    expect(await place.statusOf(server.id)).toBe('failed');
  });

  test('a destroy has no deadline', async () => {
    const { server } = await place.running();
    const { job } = await destroy(place.store, server.id, place.clock.now);
    place.later(1_000_000);
    expect(await place.perform(job.id)).toEqual({ kind: 'completed', result: 'removed' });
  });
});
