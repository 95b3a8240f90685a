import { beforeEach, describe, expect, test } from 'vitest';
import { ordersHeldSetting } from '#db/settings.ts';
import { createDnsGate } from '#queues/gates/dns-gate.ts';
import { createProviderGate } from '#queues/gates/provider-gate.ts';
import { DnsError } from '#queues/ports/dns.ts';
import { type Catalogue, ProviderError, type ProviderFault } from '#queues/ports/provider.ts';
import type { PerformDeps } from '#queues/run/context.ts';
import { createHoldRecorder, isOverdue } from '#queues/run/deadline.ts';
import { perform } from '#queues/run/perform.ts';
import type { RunEnd } from '#queues/run/run-end.ts';
import { rebuild } from '../../db/conformance/fixture.ts';
import { testRun, useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const { signal } = new AbortController();
const catalogue: Catalogue = {
  locations: [{ id: 'ewr', city: 'New Jersey', country: 'US' }],
  plans: [{ id: 'small', cpus: 1, memoryMb: 1024, monthlyCost: 5, currency: 'USD', locations: ['ewr'] }],
  images: ['debian-13'],
};
const held = async () => (await place.store.readSetting(ordersHeldSetting))?.updatedAt ?? null;

let deps: PerformDeps;
/** The gate has the clock of the workplace, which the test moves. */
beforeEach(() => {
  const providerGate = createProviderGate(place.provider, place.deps.now, () => place.clock.now.getTime());
  deps = { ...place.deps, providerGate };
});
const restock = (changes: Partial<Catalogue> = {}) => deps.providerGate.shelf.restock({ ...catalogue, ...changes });
/** The job's last attempt. */
const attempt = (jobId: string): Promise<RunEnd> => perform(testRun(jobId, { attemptsMade: 9 }), deps);

/** Makes an attempt each minute, beside a worker's background. */
async function waitFor(jobId: string, minutes: number): Promise<void> {
  const record = createHoldRecorder(deps);
  for (let minute = 0; minute < minutes; minute += 1) {
    expect(await attempt(jobId)).toMatchObject({ kind: 'delayed' });
    await record();
    place.later(61);
  }
}

describe('a paid purchase', () => {
  test.each<[string, Partial<Catalogue>]>([
    ['image', { images: [] }],
    ['plan', { plans: [] }],
    ['location', { locations: [] }],
  ])('waits three hours for the %s that its cloud lacks, and is served when it is back', async (_, lacking) => {
    const { server, job } = await place.bought();
    restock(lacking);
    await waitFor(job.id, 180);
    expect([place.provider.count('create'), await place.statusOf(server.id)]).toEqual([0, 'installing']);
    restock();
    expect(await attempt(job.id)).toEqual({ kind: 'completed', result: 'made' });
  });

  test.each(['no-image', 'not-offered', 'not-allowed'] as const)(
    'waits as long if only the answers to its orders show it (%s)',
    async (fault) => {
      const { job } = await place.bought();
      place.provider.fail('create', new ProviderError(fault, 'No.', { madeNothing: true }), { times: 99 });
      await waitFor(job.id, 90);
      expect(place.provider.count('create')).toBe(90);
      place.provider.heal();
      expect(await attempt(job.id)).toEqual({ kind: 'completed', result: 'made' });
    },
  );

  test('fails an hour after orders are possible again, if it has no machine by then', async () => {
    const { job } = await place.bought();
    restock({ images: [] });
    await waitFor(job.id, 90);
    restock();
    place.provider.fail('create', new ProviderError('capacity', 'Sold out.'), { times: 99 });
    place.later(58 * 60);
    expect(await attempt(job.id)).toMatchObject({ kind: 'delayed' });
    place.later(2 * 60);
    expect(await attempt(job.id)).toMatchObject({ kind: 'failed', error: expect.stringMatching(/in time/) });
  });
});

test('a rebuild of a plan that is not sold any more fails at once, keeps the machine, and says what to do', async () => {
  const { server } = await place.running();
  const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
  restock({ plans: [] });
  expect(await perform(testRun(job.id), deps)).toMatchObject({
    kind: 'failed',
    error: expect.stringMatching(/^simulator does not sell the plan small\. The server keeps its machine\. /),
  });
  expect((await place.store.readJob(job.id))?.error).toMatch(/sell the customer a server with another plan/);
  expect(await place.statusOf(server.id)).toBe('running');
  expect(place.provider.machines().map(({ name }) => name)).toEqual([`gf-${server.id}-1`]);
});

test('a rebuild without an image waits like a create', async () => {
  const { server } = await place.running();
  const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
  restock({ images: [] });
  await waitFor(job.id, 70);
  restock();
  expect(await attempt(job.id)).toEqual({ kind: 'completed', result: 'made' });
});

test('a rebuild of a plan that is not sold any more adopts the machine of an earlier run', async () => {
  const { server } = await place.running();
  const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
  restock({ plans: [] });
  place.provider.put({ name: `gf-${server.id}-2`, owner: { installation: 'test', serverId: server.id } });
  expect(await attempt(job.id)).toEqual({ kind: 'completed', result: 'made' });
});

describe('a hold', () => {
  const refuse = (fault: ProviderFault) => {
    place.provider.fail('account', new ProviderError(fault, 'No.', { retryAfterMs: 60_000 }));
    return expect(deps.providerGate.provider.account(signal)).rejects.toThrow('No.');
  };

  test('is recorded at most every 30 s', async () => {
    const record = createHoldRecorder(deps);
    await refuse('not-allowed');
    const since = place.clock.now;
    await record();
    place.later(29);
    await record();
    expect(await held()).toEqual(since);
    place.later(1);
    await record();
    expect(await held()).toEqual(place.clock.now);
  });

  test.each(['rate-limited', 'capacity', 'unavailable'] as const)('is not caused by the fault %s', async (fault) => {
    await refuse(fault);
    await createHoldRecorder(deps)();
    expect(await held()).toBeNull();
  });

  test('is caused by a DNS that refuses the token', async () => {
    place.dns.fail('point', new DnsError('not-allowed', 'No.'));
    const dnsGate = createDnsGate(place.dns, place.deps.now, () => place.clock.now.getTime());
    await expect(dnsGate.dns.point('a.vpn.test', { ipv4: '192.0.2.1', ipv6: null }, signal)).rejects.toThrow('No.');
    await createHoldRecorder({ ...deps, dnsGate })();
    expect(await held()).toEqual(place.clock.now);
  });

  test('is not caused by a call that jobs do without', async () => {
    place.provider.fail('catalogue', new ProviderError('not-allowed', 'No.'));
    await expect(deps.providerGate.provider.catalogue(signal)).rejects.toThrow('No.');
    await createHoldRecorder(deps)();
    expect(await held()).toBeNull();
  });
});

test('a removal is never overdue, and reads no setting for it', async () => {
  const { job } = await place.bought();
  const releasedAt = new Date(0);
  const readSetting = () => Promise.reject(new Error('not needed'));
  for (const kind of ['destroy', 'retire'] as const)
    expect(await isOverdue({ readSetting }, { ...job, kind, releasedAt }, place.clock.now)).toBe(false);
  expect(await isOverdue(place.store, { ...job, kind: 'create', releasedAt }, place.clock.now)).toBe(true);
});
