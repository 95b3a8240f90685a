import { describe, expect, test } from 'vitest';
import { DatabaseBusyError } from '#db/errors.ts';
import { jobTraits } from '#db/job-traits.ts';
import { jobKinds } from '#db/model.ts';
import { orderingSetting } from '#db/settings.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { perform } from '#queues/run/perform.ts';
import { buy, destroy, rebuild, resume, settle, suspend } from '../../db/conformance/fixture.ts';
import { fakeVpn } from '../../fakes/vpn.ts';
import { testRun, useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const kinds = jobKinds;
/** A job of the kind, released and due, at a provider that has only the server's current machine. */
const jobOf = async (kind: (typeof kinds)[number]) => {
  const { server, job } = await place.bought();
  if (kind === 'create') return job.id;
  await place.perform(job.id);
  if (kind === 'destroy') return (await destroy(place.store, server.id, place.clock.now)).job.id;
  if (kind === 'suspend' || kind === 'resume') {
    const suspension = (await suspend(place.store, server.id, place.clock.now)).job.id;
    if (kind === 'suspend') return suspension;
    await place.perform(suspension);
    return (await resume(place.store, server.id, place.clock.now)).job.id;
  }
  const { job: second } = await rebuild(place.store, server.id, { now: place.clock.now });
  if (kind === 'rebuild') return second.id;
  await place.perform(second.id);
  place.later(301);
  return place.published.at(-1) ?? '';
};

describe('every answer of a provider', () => {
  const table = {
    unknown: ['retry', 'retry'],
    unavailable: ['retry', 'retry'],
    capacity: ['delayed', 'delayed'],
    'name-taken': ['retry', 'retry'],
    'rate-limited': ['delayed', 'delayed'],
    'not-allowed': ['delayed', 'delayed'],
    'no-image': ['delayed', 'delayed'],
    busy: ['delayed', 'delayed'],
    rejected: ['retry', 'retry'],
  } as const;
  const cases = Object.entries(table).flatMap(([fault, [making, removing]]) =>
    kinds.map((kind) => ({
      fault: fault as keyof typeof table,
      kind,
      end: jobTraits[kind].makesMachine ? making : removing,
    })),
  );

  test.each(cases)('$fault to a $kind ends the run as $end', async ({ fault, kind, end: expected }) => {
    const jobId = await jobOf(kind);
    place.provider.fail('find', new ProviderError(fault, 'The message.'));
    const end = await place.perform(jobId);
    expect(end.kind).toBe(expected);
    expect(JSON.stringify(end)).toContain('The message.');
    expect(await place.stateOf(jobId)).toBe('released');
  });

  test.each([
    ['create', 'failed'],
    ['rebuild', 'running'],
    ['resume', 'suspended'],
  ] as const)('a %s of a sold-out plan waits even at its last attempt, up to an hour', async (kind, status) => {
    const jobId = await jobOf(kind);
    place.provider.fail('create', new ProviderError('capacity', 'Sold out.'), { times: 2 });
    const before = place.provider.machines();
    expect(await place.perform(jobId, { attemptsMade: 9 })).toMatchObject({ kind: 'delayed', reason: 'Sold out.' });
    place.later(59 * 60);
    expect(await place.perform(jobId, { attemptsMade: 9 })).toMatchObject({ kind: 'delayed' });
    place.later(2 * 60);
    expect(await place.perform(jobId, { attemptsMade: 9 })).toMatchObject({ kind: 'failed' });
    expect(place.provider.machines()).toEqual(before);
    expect(await place.statusOf((await place.store.readJob(jobId))?.serverId ?? '')).toBe(status);
  });

  test.each(['find', 'create'] as const)(
    'a %s that could not be sent waits even at the last attempt, up to an hour',
    async (operation) => {
      const { job } = await place.bought();
      const error = new ProviderError('unavailable', 'No route.', { madeNothing: true });
      place.provider.fail(operation, error, { times: 2 });
      expect(await place.perform(job.id, { attemptsMade: 9 })).toMatchObject({ kind: 'delayed', reason: 'No route.' });
      place.later(59 * 60);
      expect(await place.perform(job.id, { attemptsMade: 9 })).toMatchObject({ kind: 'delayed' });
      expect(await place.perform(job.id, { attemptsMade: 9 })).toMatchObject({ kind: 'completed' });
    },
  );

  test('an order that is rejected is tried again, and fails only at its last attempt, with the message', async () => {
    const { job } = await place.bought();
    place.provider.fail('create', new ProviderError('rejected', 'Never seen.'), { times: 2 });
    expect(await place.perform(job.id)).toEqual({ kind: 'retry', error: 'Never seen.' });
    const last = await place.perform(job.id, { attemptsMade: 9, attemptsStarted: 10 });
    expect(last).toEqual({ kind: 'failed', error: 'Never seen.' });
  });

  test.each([
    ['create', 'failed'],
    ['rebuild', 'failed'],
    ['resume', 'failed'],
    ['suspend', 'retry'],
    ['destroy', 'retry'],
    ['retire', 'retry'],
  ] as const)('the tenth failure of a %s ends the run as %s', async (kind, expected) => {
    const jobId = await jobOf(kind);
    place.provider.fail('find', new ProviderError('unavailable', 'Away.'));
    expect((await place.perform(jobId, { attemptsMade: 9 })).kind).toBe(expected);
  });

  test('a failed rebuild keeps the old machine, and no other', async () => {
    const jobId = await jobOf('rebuild');
    place.provider.fail('list', new ProviderError('not-allowed', 'No.'));
    await place.perform(jobId);
    place.provider.fail('find', new ProviderError('unavailable', 'Broken.'));
    place.later(120);
    expect(place.provider.machines()).toHaveLength(2);
    const serverId = (await place.store.readJob(jobId))?.serverId ?? '';
    await place.deps.providerGate.provider.account(new AbortController().signal);
    expect((await place.perform(jobId, { attemptsMade: 9, attemptsStarted: 10 })).kind).toBe('failed');
    expect(await place.statusOf(serverId)).toBe('running');
    expect(place.provider.machines().map(({ name }) => name)).toEqual([`gf-${serverId}-1`]);
  });

  test('the last failure removes the machine of the job', async () => {
    const jobId = await jobOf('create');
    place.provider.fail('account', new ProviderError('unavailable', 'Away.'), { times: 2 });
    expect((await place.perform(jobId)).kind).toBe('retry');
    expect(place.provider.machines()).toHaveLength(1);
    expect((await place.perform(jobId, { attemptsMade: 9, attemptsStarted: 10 })).kind).toBe('failed');
    expect(place.provider.machines()).toEqual([]);
  });

  test('a machine that the last failure cannot remove is left to the inventory', async () => {
    const { server, job } = await place.bought();
    place.provider.fail('find', new ProviderError('unavailable', 'Away.'), { times: 99 });
    expect((await place.perform(job.id, { attemptsMade: 9 })).kind).toBe('failed');
    expect(await place.store.readMachine(`gf-${server.id}-1`)).toMatchObject({ machine: { state: 'abandoned' } });
  });
});

describe('while orders are stopped', () => {
  const stop = async (jobId: string) => {
    for (const machine of ['vps-7', 'vps-8', 'vps-9']) place.deps.orderBrake.silent(jobId, machine);
    await place.deps.orderBrake.runOnce();
  };

  test.each(['create', 'rebuild'] as const)(
    'a %s waits without using attempts, past its deadline, until an operator resumes',
    async (kind) => {
      const jobId = await jobOf(kind);
      await stop(jobId);
      const ordered = place.provider.count('create');
      const last = { attemptsMade: 9, attemptsStarted: 10 };
      const waiting = { kind: 'delayed', reason: expect.stringMatching(/3 machines of this job never answered/) };
      expect(await place.perform(jobId, last)).toMatchObject(waiting);
      place.later(2 * 60 * 60);
      expect(await place.perform(jobId, last)).toMatchObject(waiting);
      expect(place.provider.count('create')).toBe(ordered);
      await place.store.putSetting(orderingSetting, { resumedBy: 'boss' }, place.clock.now);
      await place.deps.orderBrake.runOnce();
      place.later(60);
      expect(await place.perform(jobId, last)).toEqual({ kind: 'completed', result: 'made' });
    },
  );

  test('a job that was released long before orders were resumed has one more hour, and no more', async () => {
    const jobId = await jobOf('create');
    place.later(2 * 60 * 60);
    await place.store.putSetting(orderingSetting, { resumedBy: 'boss' }, place.clock.now);
    place.later(61 * 60);
    expect(await place.perform(jobId)).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/not succeed in time/),
    });
  });

  test('a destroy continues', async () => {
    const jobId = await jobOf('destroy');
    await stop(jobId);
    expect(await place.perform(jobId)).toEqual({ kind: 'completed', result: 'removed' });
  });
});

test('a worker that cannot send handshakes hands the job back without using an attempt, and keeps the machine', async () => {
  const { server, job } = await place.bought();
  const vpn = fakeVpn();
  vpn.block('192.0.2.', 'send EPERM');
  Object.assign(place.deps, { vpn: { of: () => vpn } });
  expect(await place.perform(job.id, { attemptsMade: 9 })).toMatchObject({
    kind: 'delayed',
    reason: expect.stringMatching(/send EPERM/),
  });
  expect(place.provider.machines().map(({ name }) => name)).toEqual([`gf-${server.id}-1`]);
});

describe('out of reach', () => {
  test('a destroy whose machine is at another provider waits, and no machine is marked gone', async () => {
    const { server, job } = await buy(place.store, { provider: 'vultr', now: place.clock.now });
    await settle(place.store, job.id, {
      end: 'made',
      machine: { providerId: 'v-1', account: 'v', ipv4: '192.0.2.9', ipv6: null },
    });
    const { job: removal } = await destroy(place.store, server.id, place.clock.now);
    expect(await place.perform(removal.id)).toMatchObject({
      kind: 'delayed',
      reason: expect.stringMatching(/at vultr/),
    });
    expect(await place.statusOf(server.id)).toBe('destroying');
  });

  test('a destroy whose machine is in another account waits too', async () => {
    const { server } = await place.running();
    place.provider.habits.account = 'acc-2';
    const { job } = await destroy(place.store, server.id, place.clock.now);
    place.provider.vanish('vps-1');
    expect(await place.perform(job.id)).toMatchObject({ kind: 'delayed', reason: expect.stringMatching(/acc-1/) });
    expect(await place.statusOf(server.id)).toBe('destroying');
    place.provider.habits.account = 'acc-1';
    expect(await place.perform(job.id)).toEqual({ kind: 'completed', result: 'removed' });
  });

  test.each(['create', 'rebuild'] as const)(
    'a %s orders nothing in another account, and continues in the right one',
    async (kind) => {
      await place.running();
      const jobId = await jobOf(kind);
      const before = place.provider.machines();
      place.provider.habits.account = 'acc-2';
      expect(await place.perform(jobId)).toMatchObject({ kind: 'delayed', reason: expect.stringMatching(/acc-1/) });
      expect(place.provider.machines()).toEqual(before);
      place.provider.habits.account = 'acc-1';
      expect(await place.perform(jobId)).toEqual({ kind: 'completed', result: 'made' });
    },
  );
});

describe('the database', () => {
  const broken = () => Promise.reject(new Error('SQLITE_FULL: database or disk is full'));
  const busy = () => Promise.reject(new DatabaseBusyError('settle', null));
  const withStore = (changes: Partial<typeof place.store>) => ({
    ...place.deps,
    store: { ...place.store, ...changes },
  });

  test.each([
    ['busy', busy],
    ['broken', broken],
  ])('a %s database uses no attempt in any call', async (_, answer) => {
    const { job } = await place.bought();
    for (const method of ['readWork', 'readCheckpoint', 'settle', 'readJob'] as const) {
      const end = await perform(testRun(job.id), withStore({ [method]: answer }));
      expect([method, end.kind]).toEqual([method, method === 'readJob' ? 'completed' : 'delayed']);
    }
  });

  test('a settle that fails on the last attempt does not remove the new machine', async () => {
    const { job } = await place.bought();
    const end = await perform(testRun(job.id, { attemptsMade: 9 }), withStore({ settle: broken }));
    expect(end.kind).toBe('delayed');
    expect(place.provider.machines()).toHaveLength(1);
    expect(await place.perform(job.id, { attemptsMade: 9, attemptsStarted: 11 })).toMatchObject({ result: 'made' });
    expect(place.provider.count('create')).toBe(1);
  });
});
