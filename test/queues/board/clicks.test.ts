import { expect, test } from 'vitest';
import { type BoardRoute, type GuardDeps, guardRoute } from '#queues/board/guard.ts';
import { quiet } from '../../world.ts';

const now = new Date('2026-05-01T12:00:00Z');

/** Bull Board's route for a click behind the guard, with its three queues. */
function clicking(route: string, params: object) {
  const headers = {};
  const done: string[] = [];
  const recorded: unknown[] = [];
  const users = new WeakMap([[headers, { name: 'boss', mayAct: true, requestId: 'req-1' }]]);
  const queueNamed = (name: string) => ({ name, pause: async () => void done.push(name) });
  const store = { changeQueue: async (...change: unknown[]) => void recorded.push(change) };
  const connection = { redis: { status: 'ready' }, queue: queueNamed('servers') };
  const others = { payments: { queue: queueNamed('payments') }, news: { queue: queueNamed('news') } };
  const queues = { connection, ...others };
  const deps = { users, ...queues, store, log: quiet, now: () => now } as unknown as GuardDeps;
  const handler = async () => ({ status: 500, body: {} });
  const guarded = guardRoute({ method: 'put', route, handler } as BoardRoute, deps);
  return { done, recorded, click: () => guarded.handler({ headers, params } as never) };
}

const actor = { requestedBy: 'key:boss', requestId: 'req-1', now };
const pauseOf = (queue: string) => [{ queue, paused: true, by: 'boss', reason: null }, actor];

test('a pause of all queues pauses each, and each leaves a record of its own', async () => {
  const { done, recorded, click } = clicking('/api/queues/pause', {});
  expect(await click()).toMatchObject({ status: 200 });
  expect(done).toEqual(['servers', 'payments', 'news']);
  expect(recorded).toEqual([pauseOf('servers'), pauseOf('payments'), pauseOf('news')]);
});

test.each(['servers', 'payments', 'news'])('a pause of the queue %s leaves the others running', async (queueName) => {
  const { done, recorded, click } = clicking('/api/queues/:queueName/pause', { queueName });
  expect(await click()).toMatchObject({ status: 200 });
  expect(done).toEqual([queueName]);
  expect(recorded).toEqual([pauseOf(queueName)]);
});

test('a pause of a queue that does not exist changes nothing, and is not recorded', async () => {
  const { done, recorded, click } = clicking('/api/queues/:queueName/pause', { queueName: 'others' });
  expect(await click()).toMatchObject({ status: 404 });
  expect([done, recorded]).toEqual([[], []]);
});
