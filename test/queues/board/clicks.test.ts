import { expect, test } from 'vitest';
import { DatabaseBusyError } from '#db/errors.ts';
import type { NewEvent } from '#db/transactions/events.ts';
import { type BoardRoute, type GuardDeps, guardRoute } from '#queues/board/guard.ts';
import { quiet } from '../../world.ts';

const now = new Date('2026-05-01T12:00:00Z');

/** Bull Board's route for this click behind the guard, with a database that answers with `recordEvent`. */
function clicking(route: string, params: object, recordEvent: (event: NewEvent) => Promise<string>) {
  const headers = {};
  const made: string[] = [];
  const users = new WeakMap([[headers, { name: 'boss', mayAct: true, requestId: 'req-1' }]]);
  const connection = { redis: { status: 'ready' }, queue: { name: 'servers' } };
  const deps = { users, connection, store: { recordEvent }, log: quiet, now: () => now } as unknown as GuardDeps;
  const handler = async () => {
    made.push(route);
    return { status: 200, body: {} };
  };
  const guarded = guardRoute({ method: 'put', route, handler } as BoardRoute, deps);
  return { made, click: () => guarded.handler({ headers, params } as never) };
}

test('a click is recorded before it takes effect', async () => {
  const events: NewEvent[] = [];
  const { made, click } = clicking('/api/queues/pause', {}, async (event) => {
    expect(made).toEqual([]);
    events.push(event);
    return 'evt-1';
  });
  expect(await click()).toMatchObject({ status: 200 });
  expect(events).toEqual([
    { type: 'queue.paused', actor: 'key:boss', requestId: 'req-1', at: now, subject: 'all', detail: {} },
  ]);
  expect(made).toHaveLength(1);
});

test('a click that cannot be recorded has no effect', async () => {
  const busy = () => Promise.reject(new DatabaseBusyError('record event', null));
  const { made, click } = clicking('/api/queues/:queueName/resume', { queueName: 'servers' }, busy);
  expect(await click()).toMatchObject({ status: 500 });
  expect(made).toEqual([]);
});

test('a click on a queue that does not exist is left to Bull Board, and not recorded', async () => {
  const never = () => Promise.reject(new Error('It was recorded.'));
  const { made, click } = clicking('/api/queues/:queueName/pause', { queueName: 'others' }, never);
  expect(await click()).toMatchObject({ status: 200 });
  expect(made).toHaveLength(1);
});
