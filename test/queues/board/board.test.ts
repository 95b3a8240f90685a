import { Worker } from 'bullmq';
import { expect, test, vi } from 'vitest';
import { useBoard } from './board-under-test.ts';

const board = useBoard();

interface Shown {
  readonly id: string;
  readonly attempts: number;
}

test('the board shows a job with its progress as a number and a link to its server', async () => {
  const { server, job } = await board.world.buy();
  await vi.waitFor(async () => expect(await board.world.connection.queue.getJob(job.id)).toBeDefined());
  await (await board.world.connection.queue.getJob(job.id))?.updateProgress({ step: 'Waiting', percent: 40 });
  const answer = await board.call('GET', `/api/queues/servers/${job.id}`, 'viewer');
  expect(await answer.json()).toMatchObject({
    job: { id: job.id, name: 'create', progress: 40, externalUrl: { href: `/v1/servers/${server.id}` } },
  });
  const linked = await fetch(`${board.url}/v1/servers/${server.id}`, { headers: { cookie: board.cookies.viewer } });
  expect(linked.status).toBe(200);
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
  expect(job.externalUrl.href).toBe('/v1/servers');
  await forged.remove();
});

test('the page and its files are served with a strict policy', async () => {
  const page = await board.call('GET', '');
  expect([page.status, page.headers.get('x-powered-by')]).toEqual([200, null]);
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
  const html = await page.text();
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
