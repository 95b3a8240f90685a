import { expect, test, vi } from 'vitest';
import { lastSweepSetting } from '#db/settings.ts';
import { alert } from '#queues/alerts/alert.ts';
import { createAlertWatch } from '#queues/alerts/alert-watch.ts';
import type { LiveQueue } from '#queues/bullmq/live.ts';
import { quiet } from '../../world.ts';
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
const watching = (queue: () => LiveQueue | null, log = quiet) =>
  createAlertWatch(
    {
      store: place.store,
      maxServers: null,
      defaultPlan: 'small',
      catalogue: async () => null,
      now: place.deps.now,
      live: { queue: async () => queue(), fault: () => null },
    },
    log,
  );

test('the absence of workers raises an alert only if it lasts', async () => {
  const log = { ...quiet, error: vi.fn() };
  let workers = 0;
  const watch = watching(() => ({ ...healthy, workers }), log);
  expect(await watch.look()).toEqual([]);
  place.later(9);
  expect(await watch.look()).toEqual([]);
  place.later(1);
  expect(await watch.look()).toMatchObject([{ kind: 'no-worker' }]);
  workers = 1;
  expect(await watch.look()).toEqual([]);
  workers = 0;
  place.later(9);
  expect(await watch.look()).toEqual([]);
  expect(log.error).toHaveBeenCalledOnce();
});

test('a Redis that does not answer raises an alert after five seconds, not at once', async () => {
  let queue: LiveQueue | null = null;
  const watch = watching(() => queue);
  const since = place.clock.now;
  expect(await watch.look()).toEqual([]);
  place.later(5);
  expect(await watch.look()).toMatchObject([{ kind: 'redis-unreachable', raisedAt: since }]);
  queue = healthy;
  expect(await watch.look()).toEqual([]);
});

test('a queue that no sweep reaches raises an alert after a minute', async () => {
  const watch = watching(() => healthy);
  const lastSweep = { succeededAt: place.clock.now.toISOString(), error: 'OOM' };
  await place.store.putSetting(lastSweepSetting, lastSweep, place.clock.now);
  for (const seconds of [21, 39]) {
    place.later(seconds);
    expect(await watch.look()).toEqual([]);
  }
  place.later(1);
  expect(await watch.look()).toMatchObject([{ kind: 'queue-failing' }]);
});

test('a second listing that fails raises an alert, the first does not', async () => {
  const watch = watching(() => healthy);
  const fails = () =>
    place.store.replaceAlerts(
      ['provider'],
      [alert({ kind: 'provider', subject: 'simulator', message: 'It fails.', raisedAt: place.clock.now })],
      place.clock.now,
    );
  await fails();
  place.later(20);
  expect(await watch.look()).toEqual([]);
  await place.store.replaceAlerts(['provider'], [], place.clock.now);
  expect(await watch.look()).toEqual([]);
  await fails();
  place.later(20);
  await fails();
  expect(await watch.look()).toEqual([]);
  place.later(10);
  expect(await watch.look()).toMatchObject([{ kind: 'provider' }]);
});

test('the alerts of the last answer of Redis stay until its next answer clears them', async () => {
  const log = { ...quiet, error: vi.fn(), info: vi.fn() };
  let queue: LiveQueue | null = { ...healthy, paused: true };
  const watch = watching(() => queue, log);
  const kinds = async () => (await watch.look()).map(({ kind }) => kind);
  expect(await kinds()).toEqual(['queue-paused']);
  queue = null;
  expect(await kinds()).toEqual(['queue-paused']);
  place.later(5);
  expect(await kinds()).toEqual(['redis-unreachable', 'queue-paused']);
  expect(log.info).not.toHaveBeenCalled();
  queue = healthy;
  expect(await kinds()).toEqual([]);
  expect(log.error).toHaveBeenCalledTimes(2);
});

test('of the alerts about room, those about Redis stay while it is silent, and that of the database does not', async () => {
  let [queue, freeBytes]: [LiveQueue | null, number] = [{ ...healthy, cannotSave: true }, 0];
  const store = { ...place.store, readRoom: async () => ({ freeBytes, wasRefused: false }) };
  const live = { queue: async () => queue, fault: () => null };
  const offer = { defaultPlan: 'small', catalogue: async () => null };
  const watch = createAlertWatch({ ...offer, store, maxServers: null, now: place.deps.now, live }, quiet);
  const ids = async () => (await watch.look()).map(({ id }) => id).sort();
  expect(await ids()).toEqual(['disk-full:database', 'disk-full:redis']);
  [queue, freeBytes] = [null, 5e9];
  expect(await ids()).toEqual(['disk-full:redis']);
  queue = healthy;
  expect(await ids()).toEqual([]);
});

test('each alert is logged once when raised and once when cleared, and keeps the time of its start', async () => {
  const log = { ...quiet, error: vi.fn(), info: vi.fn() };
  let queue: LiveQueue = { ...healthy, paused: true };
  const watch = watching(() => queue, log);
  const since = place.clock.now;
  for (let n = 0; n < 3; n += 1) {
    expect(await watch.look()).toMatchObject([{ kind: 'queue-paused', raisedAt: since }]);
    place.later(60);
  }
  expect(log.error).toHaveBeenCalledOnce();
  queue = healthy;
  expect(await watch.look()).toEqual([]);
  await watch.look();
  expect(log.info).toHaveBeenCalledOnce();
  queue = { ...healthy, paused: true };
  expect(await watch.look()).toMatchObject([{ raisedAt: place.clock.now }]);
  expect(log.error).toHaveBeenCalledTimes(2);
});

test('the lines of an alert say how urgent it is and what to do', async () => {
  const log = { ...quiet, error: vi.fn(), info: vi.fn() };
  let queue: LiveQueue = { ...healthy, paused: true };
  const watch = watching(() => queue, log);
  await watch.look();
  queue = healthy;
  await watch.look();
  const advice = { kind: 'queue-paused', severity: 'critical', runbook: 'docs/runbook.md#queue-paused' };
  for (const line of [log.error, log.info])
    expect(line.mock.calls[0]?.[0]).toMatchObject({
      alert: { ...advice, nextStep: expect.stringContaining('Resume') },
    });
});

test('an alert whose message changes shows the new message, and keeps its time', async () => {
  let evictionPolicy = 'allkeys-lru';
  const watch = watching(() => ({ ...healthy, evictionPolicy }));
  const [{ raisedAt } = {}] = await watch.look();
  place.later(60);
  evictionPolicy = 'volatile-ttl';
  expect(await watch.look()).toMatchObject([{ message: expect.stringContaining('volatile-ttl'), raisedAt }]);
});
