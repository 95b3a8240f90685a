import { expect, test, vi } from 'vitest';
import { useBoard } from './board-under-test.ts';

const board = useBoard();
const jobsOf = (serverId: string) => board.world.store.readJobs({ serverId, limit: 50 });

test('the retry of a failed job records a new job, and leaves the old one closed', async () => {
  const { serverId, jobId } = await board.failedCreate();
  const answer = await board.call('PUT', `/api/queues/servers/${jobId}/retry`);
  const [newer, older] = (await jobsOf(serverId)).toSorted((a, b) => b.position - a.position);
  const path = `/admin/queues/queue/servers/${newer?.id}`;
  expect([answer.status, await answer.json()]).toEqual([200, { retriedAs: newer?.id, path }]);
  expect((await (await board.call('GET', `/api/queues/servers/${jobId}/logs`)).json()) as string[]).toContainEqual(
    expect.stringMatching(
      new RegExp(`^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ Retried as ${newer?.id} by boss: ${path}$`),
    ),
  );
  expect(newer).toMatchObject({ kind: 'create', state: 'released', retryOf: jobId, requestedBy: 'key:boss' });
  expect(older).toMatchObject({ id: jobId, state: 'failed' });
  await vi.waitFor(async () => expect(await board.world.connection.queue.getJob(newer?.id ?? '')).toBeDefined());
});

test('a retry that the server does not allow is refused with the reason', async () => {
  const { serverId, jobId } = await board.failedCreate();
  await board.world.destroy(serverId);
  const answer = await board.call('PUT', `/api/queues/servers/${jobId}/retry`);
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ message: expect.stringContaining('destroying') });
  expect((await board.call('PUT', '/api/queues/servers/no-such-job/retry')).status).toBe(404);
});

test('retry all retries once each failed job that is its server’s last of the kind', async () => {
  const failed = [await board.failedCreate(), await board.failedCreate()];
  const given = await board.failedCreate();
  await board.world.destroy(given.serverId);
  const retryAll = async () => (await board.call('PUT', '/api/queues/servers/retry/failed')).json();
  const first = (await retryAll()) as { retried: number; skipped: number };
  expect(first).toEqual({ retried: 2, skipped: 0 });
  for (const { serverId, jobId } of failed) {
    expect((await jobsOf(serverId)).filter(({ retryOf }) => retryOf === jobId)).toHaveLength(1);
  }
  expect(await retryAll()).toMatchObject({ retried: 0 });
  expect((await board.call('PUT', '/api/queues/servers/retry/completed')).status).toBe(403);
});

test('a message is sent again by its own command, which the refusal of a retry names', async () => {
  const answer = await board.call('PUT', '/api/queues/news/retry/failed');
  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain('/v1/deliveries/');
});
