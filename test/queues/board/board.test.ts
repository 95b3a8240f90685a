import { UnrecoverableError, Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type RunningApi, startApi } from '#src/api.ts';
import { apiConfig } from '#src/config/api.ts';
import { createLog } from '#src/log.ts';
import { secretsKey } from '../../secrets-key.ts';
import { startWorld, type World } from '../../world.ts';

const secrets = { viewer: 'look-secret', operator: 'boss-secret' } as const;

let world: World;
let api: RunningApi;
let cookies: Record<keyof typeof secrets, string>;

beforeAll(async () => {
  world = await startWorld();
  const config = apiConfig({
    ...{ PORT: '0', DATABASE_URL: `file:${world.databaseFile}`, REDIS_URL: world.redis.url, SECRETS_KEY: secretsKey },
    API_TOKENS: `look:viewer:${secrets.viewer},boss:operator:${secrets.operator}`,
  });
  api = await startApi({ config, log: createLog({ process: 'api', level: 'silent' }) });
  cookies = { viewer: await signIn(secrets.viewer), operator: await signIn(secrets.operator) };
});
afterAll(async () => {
  await api.close();
  await world.close();
});
beforeEach(() => world.connection.queue.resume());

const fromHere = { 'sec-fetch-site': 'same-origin' };

async function signIn(token: string): Promise<string> {
  const answer = await fetch(`${api.url}/admin/login`, {
    ...{ method: 'POST', redirect: 'manual', headers: fromHere, body: new URLSearchParams({ token }) },
  });
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}

const board = (method: string, path: string, as: keyof typeof secrets = 'operator', body?: unknown) =>
  fetch(`${api.url}/admin/queues${path}`, {
    method,
    headers: { cookie: cookies[as], ...fromHere, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

/** A server whose create has failed for good, in the database and in BullMQ. */
async function failedCreate(): Promise<{ serverId: string; jobId: string }> {
  const { server, job } = await world.buy();
  await vi.waitFor(async () => expect(await world.connection.queue.getJob(job.id)).toBeDefined());
  await world.store.settle({
    jobId: job.id,
    outcome: { end: 'failed', error: 'Sold out.', leftover: 'gone' },
    ...{ attempts: 10, graceSeconds: 0, now: new Date() },
  });
  // As a worker leaves it: failed in BullMQ too.
  const worker = new Worker(
    'servers',
    async () => {
      throw new UnrecoverableError('Sold out.');
    },
    { connection: { url: world.redis.url } },
  );
  await vi.waitFor(
    async () => expect(await (await world.connection.queue.getJob(job.id))?.getState()).toBe('failed'),
    5_000,
  );
  await worker.close();
  return { serverId: server.id, jobId: job.id };
}

const jobsOf = (serverId: string) => world.store.readJobs({ serverId, limit: 50 });

test('the board shows a job with its progress as a number and a link to its server', async () => {
  const { server, job } = await world.buy();
  await vi.waitFor(async () => expect(await world.connection.queue.getJob(job.id)).toBeDefined());
  await (await world.connection.queue.getJob(job.id))?.updateProgress({ step: 'Waiting', percent: 40 });
  const answer = await board('GET', `/api/queues/servers/${job.id}`, 'viewer');
  expect(await answer.json()).toMatchObject({
    job: { id: job.id, name: 'create', progress: 40, externalUrl: { href: `/v1/servers/${server.id}` } },
  });
  const linked = await fetch(`${api.url}/v1/servers/${server.id}`, { headers: { cookie: cookies.viewer } });
  expect(linked.status).toBe(200);
});

test('a forged job does not make the board link anywhere else', async () => {
  const data = { serverId: 'javascript:alert(1)', requestId: null, publishedBy: 'sweep', redisLife: null } as const;
  const forged = await world.connection.queue.add('create', data, { delay: 3_600_000 });
  const { job } = (await (await board('GET', `/api/queues/servers/${forged.id}`)).json()) as {
    job: { externalUrl: { href: string } };
  };
  expect(job.externalUrl.href).toBe('/v1/servers');
  await forged.remove();
});

test('the page and its files are served with a strict policy', async () => {
  const page = await board('GET', '');
  expect([page.status, page.headers.get('x-powered-by')]).toEqual([200, null]);
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
  const html = await page.text();
  const scripts = [...html.matchAll(/src="(static\/js\/[^"]+)"/g)].map(([, path]) => `/${path}`);
  expect(scripts.length).toBeGreaterThan(1);
  for (const script of scripts) expect(await (await board('GET', script)).text()).toContain('function');
});

test('retry of a failed job records a new job, and leaves the old one closed', async () => {
  const { serverId, jobId } = await failedCreate();
  expect((await board('PUT', `/api/queues/servers/${jobId}/retry`)).status).toBe(204);
  const [newer, older] = (await jobsOf(serverId)).toSorted((a, b) => b.position - a.position);
  expect(newer).toMatchObject({ kind: 'create', state: 'released', retryOf: jobId, requestedBy: 'boss' });
  expect(older).toMatchObject({ id: jobId, state: 'failed' });
  await vi.waitFor(async () => expect(await world.connection.queue.getJob(newer?.id ?? '')).toBeDefined());
});

test('a retry that the server does not allow is refused in words', async () => {
  const { serverId, jobId } = await failedCreate();
  await world.destroy(serverId);
  const answer = await board('PUT', `/api/queues/servers/${jobId}/retry`);
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ message: expect.stringContaining('destroying') });
  expect((await board('PUT', '/api/queues/servers/no-such-job/retry')).status).toBe(404);
});

test('retry all retries what is its server’s last of the kind, once', async () => {
  const failed = [await failedCreate(), await failedCreate()];
  const given = await failedCreate();
  await world.destroy(given.serverId);
  const retryAll = async () => (await board('PUT', '/api/queues/servers/retry/failed')).json();
  const first = (await retryAll()) as { retried: number; skipped: number };
  expect(first).toEqual({ retried: 2, skipped: 0 });
  for (const { serverId, jobId } of failed) {
    expect((await jobsOf(serverId)).filter(({ retryOf }) => retryOf === jobId)).toHaveLength(1);
  }
  expect(await retryAll()).toMatchObject({ retried: 0 });
  expect((await board('PUT', '/api/queues/servers/retry/completed')).status).toBe(403);
});

test('pause and resume work, for the queue and for all', async () => {
  for (const [path, paused] of [
    ['/api/queues/servers/pause', true],
    ['/api/queues/servers/resume', false],
    ['/api/queues/pause', true],
    ['/api/queues/resume', false],
  ] as const) {
    expect((await board('PUT', path)).status, path).toBe(200);
    expect(await world.connection.queue.isPaused(), path).toBe(paused);
  }
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
    const { job } = await world.buy();
    await vi.waitFor(async () => expect(await world.connection.queue.getJob(job.id)).toBeDefined());
    const before = await world.connection.queue.getJobCounts();
    const answer = await board(method, path.replace('JOB', job.id), as, body);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { key: 'ERRORS.FORBIDDEN' } });
    expect(await world.connection.queue.getJobCounts()).toEqual(before);
    expect((await world.connection.queue.getJob(job.id))?.data).toMatchObject({ serverId: job.serverId });
  });
});

test.each([
  '/api/queues/pause',
  '/api/queues/servers/pause',
  '/api/queues/resume',
  '/api/queues/servers/retry/failed',
  '/api/queues/servers/some-job/retry',
])('a viewer may not PUT %s', async (path) => {
  expect((await board('PUT', path, 'viewer')).status).toBe(403);
  expect(await world.connection.queue.isPaused()).toBe(false);
});

test('a viewer sees the board marked as read only', async () => {
  const { queues } = (await (await board('GET', '/api/queues', 'viewer')).json()) as {
    queues: { readOnlyMode: boolean }[];
  };
  expect(queues).toMatchObject([{ name: 'servers', readOnlyMode: true }]);
});

test('a broken body tells nothing of the inside', async () => {
  const answer = await fetch(`${api.url}/admin/queues/api/queues/servers/add`, {
    method: 'POST',
    headers: { cookie: cookies.operator, 'content-type': 'application/json', ...fromHere },
    body: '{',
  });
  expect(answer.status).toBe(400);
  expect(await answer.text()).not.toMatch(/node_modules|\.ts/);
});

test('without Redis the board says so within seconds, and works again when it is back', async () => {
  world.redis.pause();
  const hung = await board('GET', '/api/queues');
  expect(hung.status).toBe(500);
  expect(await hung.json()).toMatchObject({ error: { key: 'ERRORS.REDIS_UNAVAILABLE' } });
  world.redis.resume();
  await vi.waitFor(async () => expect((await board('GET', '/api/queues')).status).toBe(200), 10_000);
});
