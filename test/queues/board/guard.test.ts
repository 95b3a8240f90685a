import { describe, expect, test, vi } from 'vitest';
import { useBoard } from './board-under-test.ts';

const board = useBoard();
const newest = async () => (await board.world.store.readEvents({ limit: 1 })).events[0]?.id ?? 0;
const eventsAfter = async (id: number) =>
  (await board.world.store.readEvents({ limit: 100 })).events.filter((event) => event.id > id);
const byUser = async (after: number) => (await eventsAfter(after)).filter(({ actor }) => actor === 'key:boss');

test('an operator can pause and resume the queue, and all queues', async () => {
  for (const [path, paused] of [
    ['/api/queues/servers/pause', true],
    ['/api/queues/servers/resume', false],
    ['/api/queues/pause', true],
    ['/api/queues/resume', false],
  ] as const) {
    expect((await board.call('PUT', path)).status, path).toBe(200);
    expect(await board.world.connection.queue.isPaused(), path).toBe(paused);
  }
});

test.each([
  ['/api/queues/pause', 'queue.paused', ['news', 'servers']],
  ['/api/queues/resume', 'queue.resumed', ['news', 'servers']],
  ['/api/queues/servers/pause', 'queue.paused', ['servers']],
  ['/api/queues/servers/resume', 'queue.resumed', ['servers']],
])('the click on %s leaves one event of each queue with its user', async (path, type, subjects) => {
  const before = await newest();
  expect((await board.call('PUT', path)).status).toBe(200);
  const common = { type, actor: 'key:boss', requestId: expect.any(String), serverId: null };
  const events = (await eventsAfter(before)).toSorted((a, b) => (a.subject ?? '').localeCompare(b.subject ?? ''));
  expect(events).toMatchObject(subjects.map((subject) => ({ ...common, subject })));
});

test('each job that a click retries leaves one event with the user', async () => {
  const one = await board.failedCreate();
  const before = await newest();
  expect((await board.call('PUT', `/api/queues/servers/${one.jobId}/retry`)).status).toBe(200);
  const retried = { type: 'server.create_requested', actor: 'key:boss', requestId: expect.any(String) };
  expect(await byUser(before)).toMatchObject([{ ...retried, detail: { retryOf: one.jobId } }]);
  const others = [await board.failedCreate(), await board.failedCreate()];
  const between = await newest();
  expect((await board.call('PUT', '/api/queues/servers/retry/failed')).status).toBe(200);
  const all = await byUser(between);
  expect(all).toMatchObject([retried, retried]);
  expect(all.map(({ serverId }) => serverId).sort()).toEqual(others.map(({ serverId }) => serverId).sort());
});

test('a pause is recorded with the operator who made it, and shown in the alerts', async () => {
  const switches = async () => (await board.world.store.readSwitches()).queue;
  await board.call('PUT', '/api/queues/servers/pause');
  expect(await switches()).toMatchObject({ paused: true, by: 'boss', reason: null, at: expect.any(Date) });
  const alerts = async () => {
    const answer = await fetch(`${board.url}/v1/alerts`, { headers: { cookie: board.cookies.viewer } });
    return ((await answer.json()) as { items: unknown[] }).items;
  };
  const paused = expect.objectContaining({ kind: 'queue-paused', by: 'boss' });
  // The API keeps the alerts for a few seconds.
  await vi.waitFor(async () => expect(await alerts()).toContainEqual(paused), 10_000);
  await board.call('PUT', '/api/queues/resume');
  expect(await switches()).toMatchObject({ paused: false, by: 'boss' });
});

test('the pause of a queue that does not exist pauses nothing', async () => {
  expect((await board.call('PUT', '/api/queues/other/pause')).status).toBe(404);
  expect(await board.world.connection.queue.isPaused()).toBe(false);
});

const others: [string, string, unknown?][] = [
  ['POST', '/api/queues/servers/add', { name: 'create', data: { serverId: 'srv-1' }, options: {} }],
  ['PUT', '/api/queues/servers/promote'],
  ['PUT', '/api/queues/servers/clean/completed'],
  ['PUT', '/api/queues/servers/clean/failed'],
  ['PUT', '/api/queues/servers/empty'],
  ['PUT', '/api/queues/servers/obliterate'],
  ['PUT', '/api/queues/servers/concurrency', { concurrency: 1 }],
  ['PUT', '/api/queues/servers/rate-limit', { max: 1, duration: 1000 }],
  ['PUT', '/api/queues/servers/rate-limit/release'],
  ['PUT', '/api/queues/servers/JOB/clean'],
  ['PUT', '/api/queues/servers/JOB/promote'],
  ['PATCH', '/api/queues/servers/JOB/update-data', { jobData: { serverId: 'srv-2' } }],
  ['PATCH', '/api/queues/servers/JOB/delay', { runAt: 1 }],
  ['PATCH', '/api/queues/servers/JOB/priority', { priority: 1 }],
  ['PUT', '/api/queues/servers/JOB/remove-unprocessed-children'],
  ['PUT', '/api/queues/servers/job-schedulers/x/remove'],
  ['PUT', '/api/queues/servers/job-schedulers/x/run'],
  ['PATCH', '/api/queues/servers/job-schedulers/x', { every: 1000 }],
];

describe.each(others)('%s %s', (method, path, body) => {
  test.each(['operator', 'viewer'] as const)('is refused to a %s and changes nothing', async (as) => {
    const { job } = await board.world.buy();
    await vi.waitFor(async () => expect(await board.world.connection.queue.getJob(job.id)).toBeDefined());
    const before = await board.world.connection.queue.getJobCounts();
    const answer = await board.call(method, path.replace('JOB', job.id), as, body);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { key: 'ERRORS.FORBIDDEN' } });
    expect(await board.world.connection.queue.getJobCounts()).toEqual(before);
    expect((await board.world.connection.queue.getJob(job.id))?.data).toMatchObject({ serverId: job.serverId });
  });
});

test.each([
  '/api/queues/pause',
  '/api/queues/servers/pause',
  '/api/queues/resume',
  '/api/queues/servers/retry/failed',
  '/api/queues/servers/some-job/retry',
])('a viewer may not PUT %s', async (path) => {
  expect((await board.call('PUT', path, 'viewer')).status).toBe(403);
  expect(await board.world.connection.queue.isPaused()).toBe(false);
});
