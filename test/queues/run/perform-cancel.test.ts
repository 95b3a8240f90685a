import { describe, expect, test } from 'vitest';
import { DnsError } from '#queues/ports/dns.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { perform } from '#queues/run/perform.ts';
import type { Run } from '#queues/run/run.ts';
import { cancel, destroy, rebuild } from '../../db/conformance/fixture.ts';
import { testRun, useWorkplace } from '../workplace.ts';

const place = useWorkplace({ names: true });
const oldAddress = '192.0.2.1';
const newAddress = '192.0.2.2';
const stopped = { kind: 'completed', result: 'cancelled' };

/** A running server with its rebuild released. */
async function rebuilding() {
  const { server } = await place.running();
  const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
  return { server, job, ask: () => cancel(place.store, job.id, place.clock.now).then(() => undefined) };
}

type Rebuilding = Awaited<ReturnType<typeof rebuilding>>;

/** The new machine is gone, and the old one serves under the name. */
async function expectCalledOff({ server, job }: Rebuilding): Promise<void> {
  expect(await place.stateOf(job.id)).toBe('cancelled');
  expect(await place.statusOf(server.id)).toBe('running');
  expect(place.provider.machines().map(({ ipv4 }) => ipv4)).toEqual([oldAddress]);
  expect(place.dns.of(server.hostname)).toEqual([oldAddress]);
  const { machine } = (await place.store.readServer(server.id)) ?? {};
  expect(machine).toMatchObject({ state: 'current', ipv4: oldAddress });
  const rows = await place.store.readWork(job.id);
  expect(rows?.machines.map(({ id }) => id)).toEqual([machine?.id]);
}

describe('a rebuild that is cancelled', () => {
  test('before its run orders nothing', async () => {
    const one = await rebuilding();
    await one.ask();
    expect(await place.perform(one.job.id)).toEqual(stopped);
    expect(place.provider.count('create')).toBe(1);
    await expectCalledOff(one);
    expect(place.ends.at(-1)).toBe('rebuild cancelled');
  });

  test.each(['find', 'create', 'list', 'forgetUserData'] as const)(
    'during a %s leaves the old machine',
    async (call) => {
      const one = await rebuilding();
      place.provider.during(call, one.ask);
      expect(await place.perform(one.job.id)).toEqual(stopped);
      await expectCalledOff(one);
    },
  );

  test('while it waits for the DNS leaves the old machine', async () => {
    const one = await rebuilding();
    place.provider.during('account', async () => {
      if (place.provider.machines().length === 2) await one.ask();
    });
    expect(await place.perform(one.job.id)).toEqual(stopped);
    await expectCalledOff(one);
    expect(place.dns.calls.filter((call) => call.startsWith('point'))).toHaveLength(1);
  });

  test('whose last attempt fails to remove its machine is failed, and the machine is left to the inventory', async () => {
    const one = await rebuilding();
    place.provider.during('create', one.ask);
    place.provider.fail('remove', new ProviderError('rejected', 'No.'), { times: 99 });
    expect(await place.perform(one.job.id)).toMatchObject({ kind: 'retry' });
    expect(await place.perform(one.job.id, { attemptsMade: 9, attemptsStarted: 10 })).toMatchObject({ kind: 'failed' });
    expect(await place.statusOf(one.server.id)).toBe('running');
  });

  test('and then destroyed is removed with its server', async () => {
    const one = await rebuilding();
    place.provider.during('create', async () => {
      await one.ask();
      await destroy(place.store, one.server.id, place.clock.now);
    });
    expect(await place.perform(one.job.id)).toEqual(stopped);
    expect(await place.perform(place.published.at(-1) ?? '')).toMatchObject({ result: 'removed' });
    expect(place.provider.machines()).toEqual([]);
    expect(await place.statusOf(one.server.id)).toBe('destroyed');
  });

  test('soon after an order waits until a list would show the machine', async () => {
    const one = await rebuilding();
    Object.assign(place.provider.habits, { hiddenLooks: 4 });
    place.provider.during('create', one.ask);
    const orderedAt = place.clock.now.getTime();
    const progress = { step: 'Ordering', percent: 20, furthest: 20, crashesBefore: 0, orderedAt };
    const deps = { ...place.deps, providerGate: { ...place.deps.providerGate, provider: slow() } };
    expect(await perform(testRun(one.job.id, { progress }), deps)).toEqual(stopped);
    await expectCalledOff(one);
  });
});

/** The provider, whose lists show a machine 20 ms after its order at the latest. */
function slow() {
  return { ...place.provider, shownWithinMs: 20 };
}

/** A run that dies at the n-th of its calls, before it acts; the state outside stays as the kill left it. */
async function dieAtCall(jobId: string, n: number, changes: Partial<Run>): Promise<number> {
  let calls = 0;
  const run = testRun(jobId, changes);
  const dying =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      calls += 1;
      if (calls >= n) run.abort.abort(new RunAborted('lock-lost'));
      return call(...args);
    };
  const { provider } = place;
  const killed = {
    ...provider,
    find: dying(provider.find),
    list: dying(provider.list),
    create: dying(provider.create),
    remove: dying(provider.remove),
  };
  const { deps } = place;
  const end = await perform(run, {
    ...deps,
    providerGate: { ...deps.providerGate, provider: killed },
    sharedListing: { nextListing: (_, signal) => killed.list('test', signal) },
  });
  expect(end.kind).toBe(calls >= n ? 'lock-lost' : 'completed');
  return calls;
}

test('a kill at any call of a cancelled rebuild leaves the rest to the next run', async () => {
  for (let n = 1; n < 20; n += 1) {
    const { server } = await place.running();
    const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
    let asked = false;
    place.provider.during('create', async () => {
      if (asked) return;
      asked = true;
      await cancel(place.store, job.id, place.clock.now);
    });
    const calls = await dieAtCall(job.id, n, {});
    if (!asked) await cancel(place.store, job.id, place.clock.now);
    asked = true;
    await place.perform(job.id, { attemptsStarted: 2, crashes: 1 });
    expect(await place.stateOf(job.id), `killed at call ${n}`).toBe('cancelled');
    expect(await place.statusOf(server.id)).toBe('running');
    const left = place.provider.machines().filter(({ owner }) => owner?.serverId === server.id);
    expect(left, `killed at call ${n}`).toHaveLength(1);
    place.provider.heal();
    if (calls < n) return;
  }
  expect.unreachable('a run has fewer calls');
});

test('a rebuild whose name points at the new machine goes on: the cancel came too late', async () => {
  const one = await rebuilding();
  place.dns.fail('point', new DnsError('unavailable', 'No answer.'), { acted: true });
  expect(await place.perform(one.job.id)).toMatchObject({ kind: 'delayed' });
  expect(place.dns.of(one.server.hostname)).toEqual([newAddress]);
  await one.ask();
  expect(await place.perform(one.job.id, { attemptsStarted: 2, crashes: 1 })).toMatchObject({ result: 'made' });
  expect((await place.store.readServer(one.server.id))?.machine).toMatchObject({ ipv4: newAddress });
  expect(place.provider.count('create')).toBe(2);
});
