import { describe, expect, test } from 'vitest';
import { alert } from '#queues/alerts/alert.ts';
import { type AlertDeps, currentAlerts } from '#queues/alerts/current-alerts.ts';
import type { LiveQueue } from '#queues/bullmq/live.ts';
import { destroy, rebuild, resume, retry, settle, suspend } from '../../db/conformance/fixture.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const healthy: LiveQueue = {
  paused: false,
  workers: 1,
  evictionPolicy: 'noeviction',
  appendOnly: true,
  isFull: false,
  isReadOnly: false,
  counts: { waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 },
};
const depsWith = (queue: LiveQueue | null = healthy, maxServers: number | null = null): AlertDeps => ({
  store: place.store,
  maxServers,
  now: place.deps.now,
  live: { queue: async () => queue, job: async () => null },
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

  test('an alert for a resume that takes 15 minutes, counted from the resume, and none while suspended', async () => {
    const { server } = await place.running();
    place.later(3_600);
    await place.perform((await suspend(place.store, server.id, place.clock.now)).job.id);
    place.later(3_600);
    expect(await ids()).toEqual([]);
    const { job } = await resume(place.store, server.id, place.clock.now);
    place.later(900);
    expect(await ids()).toEqual([]);
    place.later(1);
    expect(await ids()).toEqual([`paid-without-server:${server.id}`]);
    await settle(
      place.store,
      job.id,
      { end: 'failed', error: 'Sold out.', leftover: 'gone' },
      { now: place.clock.now },
    );
    expect(await currentAlerts(depsWith())).toMatchObject([
      { id: `paid-without-server:${server.id}`, message: expect.stringContaining('could not be resumed') },
    ]);
    expect((await place.store.readFigures()).paidWithoutServerSince).toEqual(
      new Date(place.clock.now.getTime() - 901_000),
    );
    await place.perform((await retry(place.store, job.id, place.clock.now)).job.id);
    expect(await ids()).toEqual([]);
    expect((await place.store.readFigures()).paidWithoutServerSince).toBeNull();
  });

  test('an alert for a suspension that has not succeeded for 15 minutes', async () => {
    const { server } = await place.running();
    const { job } = await suspend(place.store, server.id, place.clock.now);
    place.later(901);
    expect(await ids()).toEqual([`slow-removal:${job.id}`]);
    await place.perform(job.id);
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

test.each<[string, Partial<LiveQueue> | null, string[]]>([
  ['does not answer', null, ['redis-unreachable:redis']],
  ['is paused', { paused: true }, ['queue-paused:servers']],
  ['has no worker', { workers: 0 }, ['no-worker:servers']],
  ['evicts', { evictionPolicy: 'allkeys-lru' }, ['redis-unsafe:maxmemory-policy']],
  ['is full', { isFull: true }, ['redis-unsafe:maxmemory']],
  ['is full and evicts', { isFull: true, evictionPolicy: 'allkeys-lru' }, ['redis-unsafe:maxmemory-policy']],
  ['is a replica', { isReadOnly: true }, ['redis-unsafe:read-only']],
  ['keeps no file', { appendOnly: false }, ['redis-unsafe:appendonly']],
  ['is well', {}, []],
])('a queue that %s', async (_, changes, expected) => {
  expect(await ids(depsWith(changes && { ...healthy, ...changes }))).toEqual(expected);
});
