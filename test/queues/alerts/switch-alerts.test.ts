import { expect, test } from 'vitest';
import type { Switches } from '#db/reads/switches.ts';
import { switchAlerts } from '#queues/alerts/switch-alerts.ts';
import type { LiveQueue } from '#queues/bullmq/live.ts';

const now = new Date('2026-05-01T12:00:00Z');
const at = new Date('2026-05-01T11:00:00Z');
const never = { by: null, reason: null, at: null };
const on: Switches = { sale: { open: true, ...never }, queue: null };
const queue: LiveQueue = {
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
const paused = { ...queue, paused: true };

test('switches that are on raise no alert', () => {
  expect(switchAlerts(on, queue, now)).toEqual([]);
  expect(switchAlerts({ ...on, queue: { paused: true, by: 'ada', reason: null, at } }, queue, now)).toEqual([]);
  expect(switchAlerts({ ...on, queue: { paused: true, by: 'ada', reason: null, at } }, null, now)).toEqual([]);
});

test('a stopped sale raises one, which has who stopped it, when and why', () => {
  const sale = { open: false, by: 'ada', reason: 'No stock', at };
  expect(switchAlerts({ ...on, sale }, queue, now)).toEqual([
    {
      id: 'sale-stopped:sale',
      kind: 'sale-stopped',
      subject: 'sale',
      message: 'The sale is stopped: purchases get 503. By ada at 2026-05-01T11:00:00.000Z: No stock',
      raisedAt: at,
      detail: { by: 'ada', reason: 'No stock' },
    },
  ]);
});

test('a paused queue raises one, which has who paused it, when and why', () => {
  const recorded = { paused: true, by: 'ada', reason: null, at };
  expect(switchAlerts({ ...on, queue: recorded }, paused, now)).toMatchObject([
    {
      id: 'queue-paused:servers',
      message: 'The queue is paused: no job starts. By ada at 2026-05-01T11:00:00.000Z, without a reason.',
      raisedAt: at,
      detail: { by: 'ada', reason: null },
    },
  ]);
});

test.each([null, { paused: false, by: 'ada', reason: 'It is over', at }])(
  'a queue that another program has paused names nobody, also after %j',
  (recorded) => {
    expect(switchAlerts({ ...on, queue: recorded }, paused, now)).toMatchObject([
      { message: expect.stringContaining('Who did so is not recorded'), raisedAt: now, detail: { by: null } },
    ]);
  },
);
