import { describe, expect, test } from 'vitest';
import { lastSweepSetting } from '#db/settings.ts';
import { alert } from '#queues/alerts/alert.ts';
import { type AlertDeps, currentAlerts } from '#queues/alerts/current-alerts.ts';
import type { LiveQueue } from '#queues/bullmq/live.ts';
import { destroy, rebuild, retry, settle } from '../../db/conformance/fixture.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const healthy: LiveQueue = {
  paused: false,
  workers: 1,
  evictionPolicy: 'noeviction',
  appendOnly: true,
  isFull: false,
  isReadOnly: false,
  isCluster: false,
  forbidden: [],
  error: null,
  counts: { waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 },
};
const depsWith = (queue: LiveQueue | null = healthy, maxServers: number | null = null): AlertDeps => ({
  store: place.store,
  maxServers,
  now: place.deps.now,
  live: { queue: async () => queue, job: async () => null, fault: () => 'WRONGPASS' },
});
const ids = async (deps = depsWith()) => (await currentAlerts(deps)).map(({ id }) => id);

describe('the rows raise', () => {
  test('no alert while there is no problem', async () => {
    await place.running();
    place.later(3_600);
    expect(await ids()).toEqual([]);
  });

  test('an alert for a customer who paid 15 minutes ago and has no server', async () => {
    const { server, job } = await place.bought();
    place.later(900);
    expect(await ids()).toEqual([]);
    place.later(1);
    expect(await currentAlerts(depsWith())).toMatchObject([
      { id: `paid-without-server:${server.id}`, raisedAt: new Date(server.createdAt.getTime() + 900_000) },
    ]);
    await place.perform(job.id);
    expect(await ids()).toEqual([]);
  });

  test('an alert for a purchase that failed for good, at once and until it is destroyed', async () => {
    const { server, job } = await place.bought();
    await settle(place.store, job.id, { end: 'failed', error: 'Sold out.', leftover: 'gone' });
    expect(await ids()).toEqual([`paid-without-server:${server.id}`]);
    await place.perform((await destroy(place.store, server.id, place.clock.now)).job.id);
    expect(await ids()).toEqual([]);
  });

  test('an alert for a parked job until another job of its server follows', async () => {
    const { job } = await place.bought();
    await place.perform(job.id, { crashes: 5 });
    expect(await ids()).toEqual([`paid-without-server:${job.serverId}`, `parked-job:${job.id}`]);
    await retry(place.store, job.id, place.clock.now);
    expect(await ids()).toEqual([]);
  });

  test('an alert for a destroy that has not succeeded for 15 minutes', async () => {
    const { server } = await place.running();
    const { job } = await destroy(place.store, server.id, place.clock.now);
    place.later(900);
    expect(await ids()).toEqual([]);
    place.later(1);
    expect(await ids()).toEqual([`slow-removal:${job.id}`]);
    await place.perform(job.id);
    expect(await ids()).toEqual([]);
  });

  test('an alert for a rebuild that has not succeeded for 15 minutes', async () => {
    const { server } = await place.running();
    const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
    place.later(900);
    expect(await ids()).toEqual([]);
    place.later(1);
    expect(await ids()).toEqual([`slow-rebuild:${job.id}`]);
    await place.perform(job.id);
    expect(await ids()).toEqual([]);
  });

  test('an alert for a machine of a failed job that the inventory could not remove for 15 minutes', async () => {
    const { server, job } = await place.bought();
    const lost = { end: 'failed', error: 'No.', leftover: 'abandoned' } as const;
    await settle(place.store, job.id, lost, { now: place.clock.now });
    const left = async () => (await ids()).filter((id) => id.startsWith('slow-removal'));
    place.later(900);
    expect(await left()).toEqual([]);
    place.later(1);
    expect(await left()).toEqual([`slow-removal:gf-${server.id}-1`]);
    const row = await place.store.readMachine(`gf-${server.id}-1`);
    await place.store.markMachineGone(row?.machine.id ?? '', place.clock.now);
    expect(await left()).toEqual([]);
  });

  test('an alert if MAX_SERVERS servers exist', async () => {
    await place.bought();
    expect(await ids(depsWith(healthy, 2))).toEqual([]);
    await place.bought();
    expect(await ids(depsWith(healthy, 2))).toEqual(['sold-out:MAX_SERVERS']);
    expect(await ids(depsWith(healthy, 3))).toEqual([]);
  });

  test('the alerts that a worker recorded, with the time of their first record', async () => {
    const found = alert({
      kind: 'unknown-machine',
      subject: 'vps-9',
      message: 'It has no row.',
      raisedAt: place.clock.now,
    });
    await place.store.replaceAlerts(['unknown-machine'], [found]);
    place.later(60);
    await place.store.replaceAlerts(['unknown-machine'], [{ ...found, raisedAt: place.clock.now }]);
    expect(await currentAlerts(depsWith())).toEqual([found]);
    await place.store.replaceAlerts(['unknown-machine'], []);
    expect(await ids()).toEqual([]);
  });
});

test('a Redis that does not answer is reported with the reason', async () => {
  const [found] = await currentAlerts(depsWith(null));
  expect(found?.message).toMatch(/^Redis does not answer \(WRONGPASS\)\./);
});

test.each<[string, Partial<LiveQueue> | null, string[]]>([
  ['does not answer', null, ['redis-unreachable:redis']],
  ['is paused', { paused: true }, ['queue-paused:servers']],
  ['has no worker', { workers: 0 }, ['no-worker:servers']],
  ['evicts', { evictionPolicy: 'allkeys-lru' }, ['redis-unsafe:maxmemory-policy']],
  ['is full', { isFull: true }, ['redis-unsafe:maxmemory']],
  ['is full and evicts', { isFull: true, evictionPolicy: 'allkeys-lru' }, ['redis-unsafe:maxmemory-policy']],
  ['is a replica', { isReadOnly: true }, ['redis-unsafe:read-only']],
  ['keeps no file', { appendOnly: false }, ['redis-unsafe:appendonly']],
  ['is in cluster mode', { isCluster: true, error: 'CROSSSLOT' }, ['redis-unsafe:cluster']],
  ['forbids questions', { forbidden: ['CLIENT LIST'] }, ['redis-unsafe:permissions']],
  ['answers with an error', { error: 'WRONGTYPE', counts: null }, ['redis-unsafe:error']],
  ['answers nothing that it forbids', { paused: null, evictionPolicy: null, appendOnly: null, isFull: null }, []],
  ['is well', {}, []],
])('a queue that %s', async (_, changes, expected) => {
  expect(await ids(depsWith(changes && { ...healthy, ...changes }))).toEqual(expected);
});

describe('a queue that no sweep reaches', () => {
  const record = (succeededAt: Date | null, error: string | null) =>
    place.store.putSetting(
      lastSweepSetting,
      { succeededAt: succeededAt?.toISOString() ?? null, error },
      place.clock.now,
    );

  test('raises an alert with the error, 20 s after the last sweep that did', async () => {
    await record(place.clock.now, 'NOPERM User ghostifi has no permissions.');
    place.later(20);
    expect(await ids()).toEqual([]);
    place.later(1);
    expect(await currentAlerts(depsWith())).toEqual([
      expect.objectContaining({
        id: 'queue-failing:servers',
        message: expect.stringMatching(/since 2026-05-01T12:00:00\.000Z\. .*NOPERM User ghostifi has no permissions\./),
      }),
    ]);
    await record(place.clock.now, null);
    expect(await ids()).toEqual([]);
  });

  test('raises an alert if no sweep ever reached it', async () => {
    await record(null, 'CROSSSLOT');
    expect(await ids()).toEqual(['queue-failing:servers']);
  });

  test('raises none beside the alerts of an absent Redis or worker, nor before the first sweep has ended', async () => {
    expect(await ids()).toEqual([]);
    await record(null, 'CROSSSLOT');
    expect(await ids(depsWith(null))).toEqual(['redis-unreachable:redis']);
    expect(await ids(depsWith({ ...healthy, workers: 0 }))).toEqual(['no-worker:servers']);
  });

  test('raises an alert if nobody can see whether a worker is connected, and no sweep has ended', async () => {
    expect(await ids(depsWith({ ...healthy, workers: null }))).toEqual(['queue-failing:servers']);
    await record(place.clock.now, null);
    expect(await ids(depsWith({ ...healthy, workers: null }))).toEqual([]);
  });
});
