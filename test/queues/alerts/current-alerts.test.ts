import { describe, expect, test } from 'vitest';
import type { Room } from '#db/room.ts';
import {
  lastBackupSetting,
  lastNewsSweepSetting,
  lastPaymentsSweepSetting,
  lastSweepSetting,
  saleSetting,
} from '#db/settings.ts';
import { alert } from '#queues/alerts/alert.ts';
import { type AlertDeps, currentAlerts } from '#queues/alerts/current-alerts.ts';
import type { LiveQueue } from '#queues/bullmq/live.ts';
import { actor, buy, destroy, rebuild, resume, retry, settle, suspend } from '../../db/conformance/fixture.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const healthy: LiveQueue = {
  paused: false,
  workers: 1,
  evictionPolicy: 'noeviction',
  appendOnly: true,
  memoryUsed: 0,
  cannotSave: false,
  isReadOnly: false,
  isCluster: false,
  forbidden: [],
  error: null,
  counts: { waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 },
};
/** Redis forbids the questions. */
const unanswered: Partial<LiveQueue> = {
  paused: null,
  counts: null,
  evictionPolicy: null,
  appendOnly: null,
  memoryUsed: null,
  cannotSave: null,
  isReadOnly: null,
  isCluster: null,
};
const depsWith = (queue: LiveQueue | null = healthy, maxServers: number | null = null): AlertDeps => ({
  store: place.store,
  maxServers,
  defaultPlan: 'small',
  catalogue: async () => null,
  now: place.deps.now,
  live: { queue: async () => queue, fault: () => 'WRONGPASS' },
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

  test.each([
    ['is sold', [{ id: 'small' }], []],
    ['is missing', [{ id: 'large' }], ['configuration:DEFAULT_PLAN']],
    ['is retired', [{ id: 'small', soldIn: [] }], ['configuration:DEFAULT_PLAN']],
  ])('an alert according to whether the default plan %s', async (_, found, expected) => {
    const size = { cpus: 1, memoryMb: 1024, monthlyCost: 5, currency: 'USD', locations: [] };
    const catalogue = async () => ({ locations: [], plans: found.map((plan) => ({ ...size, ...plan })) });
    expect(await ids({ ...depsWith(), catalogue })).toEqual(expected);
  });

  test('an alert if the last good backup is more than a day old, and none before the first', async () => {
    expect(await ids()).toEqual([]);
    await place.store.putSetting(lastBackupSetting, { file: 'data/backups/a.db' }, place.clock.now);
    place.later(24 * 3_600);
    expect(await ids()).toEqual([]);
    place.later(3_600);
    expect(await currentAlerts(depsWith())).toMatchObject([
      {
        id: 'backup-old:database',
        message: expect.stringMatching(/data\/backups\/a\.db/),
        detail: { file: 'data/backups/a.db' },
      },
    ]);
    await place.store.putSetting(lastBackupSetting, { file: null }, place.clock.now);
    expect(await ids()).toEqual([]);
  });

  test('the alerts that a worker recorded, with the time of their first record', async () => {
    const found = alert({
      kind: 'unknown-machine',
      subject: 'vps-9',
      message: 'It has no row.',
      raisedAt: place.clock.now,
    });
    await place.store.replaceAlerts(['unknown-machine'], [found], place.clock.now);
    place.later(60);
    await place.store.replaceAlerts(['unknown-machine'], [{ ...found, raisedAt: place.clock.now }], place.clock.now);
    expect(await currentAlerts(depsWith())).toEqual([found]);
    await place.store.replaceAlerts(['unknown-machine'], [], place.clock.now);
    expect(await ids()).toEqual([]);
  });
});

describe('an alert that concerns a server has', () => {
  const details = async () => (await currentAlerts(depsWith())).map(({ kind, detail }) => [kind, detail]);
  const record = (kind: 'machine-missing' | 'dns-refuses' | 'unknown-machine', detail: Record<string, string | null>) =>
    place.store.raiseAlert(alert({ kind, subject: 'x', message: 'Look.', raisedAt: place.clock.now, detail }));

  test('its reference and the job to retry, if a purchase has failed', async () => {
    const { server, job } = await buy(place.store, { reference: 'order-4711', now: place.clock.now });
    await rebuild(place.store, server.id, { now: place.clock.now });
    await settle(place.store, job.id, { end: 'failed', error: 'Sold out.', leftover: 'gone' });
    expect(await details()).toEqual([
      ['paid-without-server', { serverId: server.id, jobId: job.id, reference: 'order-4711' }],
    ]);
  });

  test('its own job, if it is about one', async () => {
    const { server } = await place.running();
    const { job } = await destroy(place.store, server.id, place.clock.now);
    place.later(901);
    expect(await details()).toEqual([['slow-removal', { serverId: server.id, jobId: job.id, reference: null }]]);
  });

  test('the released job, if the DNS refuses its name', async () => {
    const { server, job } = await buy(place.store, { reference: 'order-1', now: place.clock.now });
    await record('dns-refuses', { serverId: server.id });
    expect(await details()).toEqual([['dns-refuses', { serverId: server.id, jobId: job.id, reference: 'order-1' }]]);
  });

  test('no job, if it is about a machine; its other facts stay, but no server without a row', async () => {
    const { server } = await buy(place.store, { reference: 'order-1', now: place.clock.now });
    await record('machine-missing', { serverId: server.id, machineName: 'gf-1' });
    await record('unknown-machine', { serverId: 'srv-lost', machineName: 'gf-2' });
    expect(await details()).toEqual([
      ['machine-missing', { serverId: server.id, machineName: 'gf-1', jobId: null, reference: 'order-1' }],
      ['unknown-machine', { serverId: null, machineName: 'gf-2' }],
    ]);
  });
});

test('a stopped sale raises an alert until it is resumed', async () => {
  const put = (open: boolean) => place.store.putSetting(saleSetting, { open, by: 'ada' }, place.clock.now);
  await put(false);
  expect(await currentAlerts(depsWith())).toMatchObject([
    { id: 'sale-stopped:sale', raisedAt: place.clock.now, detail: { by: 'ada', reason: null } },
  ]);
  await put(true);
  expect(await ids()).toEqual([]);
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
  ['is full', { memoryUsed: 1.2 }, ['disk-full:redis-memory']],
  ['is nearly full', { memoryUsed: 0.9 }, ['disk-low:redis-memory']],
  ['has room', { memoryUsed: 0.89 }, []],
  ['is full and evicts', { memoryUsed: 1, evictionPolicy: 'allkeys-lru' }, ['redis-unsafe:maxmemory-policy']],
  ['cannot save', { cannotSave: true }, ['disk-full:redis']],
  ['is a replica', { isReadOnly: true }, ['redis-unsafe:read-only']],
  ['keeps no file', { appendOnly: false }, ['redis-unsafe:appendonly']],
  ['is in cluster mode', { isCluster: true, error: 'CROSSSLOT' }, ['redis-unsafe:cluster']],
  ['forbids questions', { forbidden: ['CLIENT LIST'] }, ['redis-unsafe:permissions']],
  ['answers with an error', { error: 'WRONGTYPE', counts: null }, ['redis-unsafe:error']],
  ['answers no question', unanswered, []],
  ['is well', {}, []],
])('a queue that %s', async (_, changes, expected) => {
  expect(await ids(depsWith(changes && { ...healthy, ...changes }))).toEqual(expected);
});

test.each<[string, Room, string[]]>([
  ['room', { freeBytes: 5e9, wasRefused: false }, []],
  ['little room', { freeBytes: 4e8, wasRefused: false }, ['disk-low:database']],
  ['no room', { freeBytes: 46_000, wasRefused: false }, ['disk-full:database']],
  ['no room for the last write', { freeBytes: null, wasRefused: true }, ['disk-full:database']],
  ['an unknown amount of room', { freeBytes: null, wasRefused: false }, []],
])('a disk of the database with %s', async (_, room, expected) => {
  const deps = depsWith();
  expect(await ids({ ...deps, store: { ...deps.store, readRoom: async () => room } })).toEqual(expected);
});

describe('a queue that no sweep reaches', () => {
  const record = (succeededAt: Date | null, error: string | null, setting = lastSweepSetting) =>
    place.store.putSetting(setting, { succeededAt: succeededAt?.toISOString() ?? null, error }, place.clock.now);

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

  test('raises an alert if it is the queue of payments, unless nobody pays at Stripe', async () => {
    await record(null, 'NOPERM', lastPaymentsSweepSetting);
    expect(await ids()).toEqual([]);
    const paying = { ...depsWith(), takesPayments: true };
    expect(await ids(paying)).toEqual(['queue-failing:payments']);
    await record(place.clock.now, null, lastPaymentsSweepSetting);
    expect(await ids(paying)).toEqual([]);
  });

  test('raises an alert if it is the queue of news, while news is due', async () => {
    await record(place.clock.now, 'NOPERM', lastNewsSweepSetting);
    place.later(21);
    expect(await ids()).toEqual([]);
    const endpoint = { id: 'hook-1', url: 'https://shop.test/', secretSealed: 'sealed' };
    await place.store.addEndpoint({ ...endpoint, types: ['server.purchased'] }, actor());
    await place.bought();
    expect(await ids()).toEqual(['queue-failing:news']);
    await record(place.clock.now, null, lastNewsSweepSetting);
    expect(await ids()).toEqual([]);
  });
});
