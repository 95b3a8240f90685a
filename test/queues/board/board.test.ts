import { Worker } from 'bullmq';
import { expect, test, vi } from 'vitest';
import { useBoard } from './board-under-test.ts';

const board = useBoard();

interface Shown {
  readonly id: string;
  readonly attempts: number;
}

test('the board shows a job with its step, whom it is for, and a link to its server', async () => {
  const { server, job } = await board.world.buy('hedy@example.com');
  await vi.waitFor(async () => expect(await board.world.connection.queue.getJob(job.id)).toBeDefined());
  await (await board.world.connection.queue.getJob(job.id))?.updateProgress({ step: 'Waiting', percent: 40 });
  const answer = await board.call('GET', `/api/queues/servers/${job.id}`, 'viewer');
  const { job: shown } = (await answer.json()) as { job: { data: object } };
  expect(shown).toMatchObject({
    id: job.id,
    name: 'create',
    progress: { progress: 40, step: 'Waiting' },
    externalUrl: { href: `/console/servers/${server.id}` },
  });
  expect(shown.data).toEqual({
    customer: 'hedy@example.com',
    place: 'ewr',
    plan: 'vc2-1c-1gb',
    reason: 'asked for by key:test',
    reference: null,
    serverId: server.id,
    requestId: null,
  });
});

test('a job without a row is shown with its ids, and without what only programs need', async () => {
  const data = { serverId: 'srv-1', requestId: null, publishedBy: 'sweep', redisLife: 'x' } as const;
  const forged = await board.world.connection.queue.add('create', data, { delay: 3_600_000 });
  const { job } = (await (await board.call('GET', `/api/queues/servers/${forged.id}`)).json()) as {
    job: { data: object };
  };
  expect(job.data).toEqual({ serverId: 'srv-1', requestId: null });
  await forged.remove();
});

test('a completed job that failed before is not offered for a retry', async () => {
  const { job } = await board.world.buy();
  const { queue } = board.world.connection;
  await vi.waitFor(async () => expect(await queue.getJob(job.id)).toBeDefined());
  await board.world.connection.redis.hset(queue.toKey(job.id), 'failedReason', 'An earlier attempt failed.');
  const shown = async () => {
    const path = '/api/queues?activeQueue=servers&page=1&jobsPerPage=50';
    const { queues } = (await (await board.call('GET', path)).json()) as {
      queues: { allowCompletedRetries: boolean; jobs: { id: string; isFailed: boolean }[] }[];
    };
    return [queues[0]?.allowCompletedRetries, queues[0]?.jobs.find(({ id }) => id === job.id)?.isFailed];
  };
  expect(await shown()).toEqual([false, false]);
  const worker = new Worker('servers', async () => 'made', { connection: { url: board.world.redis.url } });
  await vi.waitFor(async () => expect(await (await queue.getJob(job.id))?.getState()).toBe('completed'), 10_000);
  await worker.close();
  expect(await shown()).toEqual([false, false]);
});

test('the board counts the first run as the first attempt, in a list and alone', async () => {
  const { promise: ends, resolve: end } = Promise.withResolvers<string>();
  // The jobs of earlier tests wait before this one.
  const options = { connection: { url: board.world.redis.url }, concurrency: 10 };
  const worker = new Worker('servers', () => ends, options);
  const { job } = await board.world.buy();
  const attempts = async () => {
    const alone = (await (await board.call('GET', `/api/queues/servers/${job.id}`)).json()) as { job: Shown };
    const path = '/api/queues?activeQueue=servers&status=active&page=1&jobsPerPage=50';
    const { queues } = (await (await board.call('GET', path)).json()) as { queues: { jobs: Shown[] }[] };
    return [alone.job.attempts, queues[0]?.jobs.find(({ id }) => id === job.id)?.attempts];
  };
  await vi.waitFor(async () => expect(await attempts()).toEqual([1, 1]), 10_000);
  end('done');
  await worker.close();
});

test('a forged job gets no link to another site', async () => {
  const data = { serverId: 'javascript:alert(1)', requestId: null, publishedBy: 'sweep', redisLife: null } as const;
  const forged = await board.world.connection.queue.add('create', data, { delay: 3_600_000 });
  const { job } = (await (await board.call('GET', `/api/queues/servers/${forged.id}`)).json()) as {
    job: { externalUrl: { href: string } };
  };
  expect(job.externalUrl.href).toBe('/console/servers');
  await forged.remove();
});

test('the page and its files are served with a strict policy', async () => {
  const page = await board.call('GET', '');
  expect([page.status, page.headers.get('x-powered-by')]).toEqual([200, null]);
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
  const html = await page.text();
  expect(html).not.toMatch(/https?:/);
  for (const file of ['board.css', 'board.js']) {
    expect(html).toContain(`static/ghostifi/${file}`);
    expect((await board.call('GET', `/static/ghostifi/${file}`)).status).toBe(200);
  }
  const scripts = [...html.matchAll(/src="(static\/js\/[^"]+)"/g)].map(([, path]) => `/${path}`);
  expect(scripts.length).toBeGreaterThan(1);
  for (const script of scripts) expect(await (await board.call('GET', script)).text()).toContain('function');
});

test('a viewer sees the board marked as read only', async () => {
  const { queues } = (await (await board.call('GET', '/api/queues', 'viewer')).json()) as {
    queues: { readOnlyMode: boolean }[];
  };
  expect(queues).toMatchObject([
    { name: 'servers', readOnlyMode: true },
    { name: 'news', readOnlyMode: true },
  ]);
});

test('the answer to a broken body shows nothing internal', async () => {
  const answer = await fetch(`${board.url}/admin/queues/api/queues/servers/add`, {
    method: 'POST',
    headers: { cookie: board.cookies.operator, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: '{',
  });
  expect(answer.status).toBe(400);
  expect(await answer.text()).not.toMatch(/node_modules|\.ts/);
});

test('without Redis the board answers 500 within seconds, and works again when Redis is back', async () => {
  board.world.redis.pause();
  const hung = await board.call('GET', '/api/queues');
  expect(hung.status).toBe(500);
  expect(await hung.json()).toMatchObject({ error: { key: 'ERRORS.REDIS_UNAVAILABLE' } });
  board.world.redis.resume();
  await vi.waitFor(async () => expect((await board.call('GET', '/api/queues')).status).toBe(200), 10_000);
});

test('the texts about a retry say what this board does, and the other texts are Bull Board’s', async () => {
  const path = '/static/locales/en-US/messages.json';
  const { QUEUE: queue, MENU: menu } = (await (await board.call('GET', path)).json()) as {
    QUEUE: { ACTIONS: { TOAST: { RETRY_DONE: string; RETRY_SKIPPED: string } } };
    MENU: { OVERVIEW: string };
  };
  const { RETRY_DONE: done, RETRY_SKIPPED: skipped } = queue.ACTIONS.TOAST;
  expect([done, menu.OVERVIEW]).toEqual(['Each failed job that can be retried has a new job', 'Overview']);
  expect(skipped).not.toContain('eviction');
});
