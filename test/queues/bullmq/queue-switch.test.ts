import { expect, test, vi } from 'vitest';
import type { OpenQueue } from '#queues/bullmq/connection.ts';
import { type QueueSwitchDeps, QueueUnreachableError, switchQueue } from '#queues/bullmq/queue-switch.ts';
import { quiet } from '../../world.ts';

const now = new Date('2026-05-01T12:00:00Z');
const change = { paused: true, by: 'ada', reason: 'The provider is down' };
const requestId = 'request-1';

/** A queue that is only paused and resumed. */
function scene({ status = 'ready', hangs = false }: { status?: string; hangs?: boolean } = {}) {
  const calls: string[] = [];
  const call = (name: string) => () => {
    calls.push(name);
    return hangs ? new Promise(() => undefined) : Promise.resolve();
  };
  const queue = { name: 'servers', pause: call('pause'), resume: call('resume') };
  const log = { ...quiet, warn: vi.fn() };
  const changeQueue = vi.fn<QueueSwitchDeps['store']['changeQueue']>(() => Promise.resolve());
  const connection = { queue, redis: { status } } as unknown as OpenQueue;
  return { calls, log, changeQueue, deps: { connection, store: { changeQueue }, log, now: () => now } };
}

test('a change of the queue is made, logged, and recorded with who made it and why', async () => {
  const { calls, log, changeQueue, deps } = scene();
  await switchQueue(deps, { ...change, requestId });
  expect(calls).toEqual(['pause']);
  expect(changeQueue).toHaveBeenCalledExactlyOnceWith(
    { queue: 'servers', ...change },
    { requestedBy: 'key:ada', requestId, now },
  );
  expect(log.warn.mock.calls).toEqual([[{ event: 'queue-paused', ...change }, expect.any(String)]]);
  await switchQueue(deps, { paused: false, by: 'bob', reason: null, requestId });
  expect(calls).toEqual(['pause', 'resume']);
  expect(log.warn).toHaveBeenLastCalledWith(
    expect.objectContaining({ event: 'queue-resumed', by: 'bob' }),
    expect.any(String),
  );
});

test('a change is made even if the database does not record it', async () => {
  const { calls, log, changeQueue, deps } = scene();
  changeQueue.mockRejectedValueOnce(new Error('locked'));
  await switchQueue(deps, { ...change, requestId });
  expect(calls).toEqual(['pause']);
  expect(log.warn).toHaveBeenLastCalledWith(
    expect.objectContaining({ event: 'queue-switch-not-recorded', by: 'ada' }),
    expect.any(String),
  );
});

test.each([{ status: 'reconnecting' }, { hangs: true }])(
  'a change that Redis does not confirm fails, and is not recorded: %j',
  async (trouble) => {
    vi.useFakeTimers();
    const { changeQueue, deps } = scene(trouble);
    const switching = expect(switchQueue(deps, { ...change, requestId })).rejects.toThrow(QueueUnreachableError);
    await vi.runAllTimersAsync();
    await switching;
    vi.useRealTimers();
    expect(changeQueue).not.toHaveBeenCalled();
  },
);
