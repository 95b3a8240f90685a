import { describe, expect, test } from 'vitest';
import { takeInventory } from '#queues/inventory/inventory.ts';
import { DnsError, dnsFaults } from '#queues/ports/dns.ts';
import { destroy, rebuild } from '../../db/conformance/fixture.ts';
import { quiet } from '../../world.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace({ names: true });

test('a server leaves no address behind after its destroy', async () => {
  const { server } = await place.running();
  expect(place.dns.of(server.hostname)).toEqual(['192.0.2.1']);
  const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
  await place.perform(job.id);
  expect(place.dns.of(server.hostname)).toEqual(['192.0.2.2']);
  place.later(301);
  expect(await place.perform(place.published.at(-1) ?? '')).toMatchObject({ kind: 'completed' });
  await place.perform((await destroy(place.store, server.id, place.clock.now)).job.id);
  expect(place.dns.of(server.hostname)).toEqual([]);
  expect(place.provider.machines()).toEqual([]);
});

describe('every answer of the DNS', () => {
  test.each([
    ...dnsFaults.map((fault) => ['create', fault] as const),
    ...dnsFaults.map((fault) => ['rebuild', fault] as const),
  ])('to a %s, for example %s, delays it even at its last attempt, and its machine stays', async (kind, fault) => {
    const bought = kind === 'create' ? await place.bought() : await place.running();
    const { job } = kind === 'create' ? bought : await rebuild(place.store, bought.server.id, { now: place.clock.now });
    const before = place.provider.machines().length;
    place.dns.fail('point', new DnsError(fault, 'The message.'));
    expect(await place.perform(job.id, { attemptsMade: 9 })).toMatchObject({
      kind: 'delayed',
      reason: 'The message.',
    });
    expect(place.provider.machines()).toHaveLength(before + 1);
  });

  test.each(['rejected', 'no-zone'] as const)('a name that is %s delays no other job', async (fault) => {
    const [one, two] = [await place.bought(), await place.bought()];
    place.dns.fail('point', new DnsError(fault, 'Not this one.'));
    expect(await place.perform(one.job.id)).toMatchObject({ kind: 'delayed' });
    expect(await place.perform(two.job.id)).toMatchObject({ result: 'made' });
  });

  test('an outage uses no attempt, not even the last', async () => {
    const { job } = await place.bought();
    place.dns.fail('point', new DnsError('unavailable', 'Away.'));
    expect(await place.perform(job.id, { attemptsMade: 9 })).toMatchObject({ kind: 'delayed' });
    expect(await place.perform(job.id, { attemptsMade: 9, attemptsStarted: 11 })).toMatchObject({ result: 'made' });
    expect(place.provider.count('create')).toBe(1);
  });

  test('an outage of hours removes no machine that runs', async () => {
    const { job } = await place.bought();
    place.dns.fail('point', new DnsError('unavailable', 'Away.'), { times: 2 });
    await place.perform(job.id);
    place.later(7200);
    expect(await place.perform(job.id, { attemptsStarted: 2 })).toMatchObject({ kind: 'delayed' });
    expect(await place.perform(job.id, { attemptsStarted: 3 })).toMatchObject({ result: 'made' });
    expect(place.provider.count('create')).toBe(1);
  });

  test('a refused token or a limit delays the next jobs', async () => {
    const [one, two] = [await place.bought(), await place.bought()];
    place.dns.fail('point', new DnsError('rate-limited', 'Slow down.', { retryAfterMs: 60_000 }));
    await place.perform(one.job.id);
    expect(await place.perform(two.job.id)).toMatchObject({
      kind: 'delayed',
      reason: expect.stringMatching(/^The DNS/),
    });
    expect(place.provider.count('create')).toBe(1);
  });

  test('a destroy waits for the DNS without a limit', async () => {
    const { server } = await place.running();
    const { job } = await destroy(place.store, server.id, place.clock.now);
    place.dns.fail('clear', new DnsError('rejected', 'No.'));
    expect(await place.perform(job.id, { attemptsMade: 99 })).toMatchObject({ kind: 'delayed' });
    expect(place.provider.machines()).toHaveLength(1);
    expect(await place.perform(job.id, { attemptsMade: 100 })).toMatchObject({ result: 'removed' });
  });
});

test('the name of a rebuild cancelled after the switch is cleared by the destroy behind it', async () => {
  const { server } = await place.running();
  const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
  place.dns.fail('point', new DnsError('unavailable', 'Away.'), { acted: true });
  expect((await place.perform(job.id)).kind).toBe('delayed');
  const { job: removal } = await destroy(place.store, server.id, place.clock.now);
  expect(await place.perform(job.id, { attemptsStarted: 2 })).toMatchObject({ result: 'cancelled' });
  expect(place.dns.of(server.hostname)).toEqual(['192.0.2.2']);
  expect(await place.perform(removal.id)).toMatchObject({ result: 'removed' });
  expect(place.dns.of(server.hostname)).toEqual([]);
});

test('the machine of a rebuild parked after the switch serves until the inventory has set the name back', async () => {
  const { server } = await place.running();
  const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
  place.dns.fail('point', new DnsError('unavailable', 'Away.'), { acted: true });
  await place.perform(job.id);
  expect(await place.perform(job.id, { attemptsStarted: 6, crashes: 5 })).toMatchObject({ kind: 'failed' });
  expect(await place.statusOf(server.id)).toBe('running');
  expect(place.dns.of(server.hostname)).toEqual(['192.0.2.2']);
  expect(place.provider.machines()).toHaveLength(2);
  const { store, provider, dns, deps } = place;
  const inventory = { store, provider, dns, installation: 'test', now: deps.now, log: quiet };
  await takeInventory(inventory, new Set(), new AbortController().signal);
  expect(place.dns.of(server.hostname)).toEqual(['192.0.2.1']);
  expect(place.provider.machines()).toHaveLength(1);
});
