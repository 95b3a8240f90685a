import { UnrecoverableError, Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest';
import { type RunningApi, startApi } from '#src/api.ts';
import { apiConfig } from '#src/config/api.ts';
import { createLog } from '#src/log.ts';
import { secretsKey } from '../../secrets-key.ts';
import { startWorld, type World } from '../../world.ts';

const secrets = { viewer: 'look-secret-of-the-tests-1', operator: 'boss-secret-of-the-tests-1' } as const;
type Role = keyof typeof secrets;

const fromSameOrigin = { 'sec-fetch-site': 'same-origin' };

/** An API with its board, and a signed-in session for each role. */
export interface BoardUnderTest {
  readonly world: World;
  readonly url: string;
  readonly cookies: Readonly<Record<Role, string>>;
  /** Calls a path below the board like a browser. */
  call(method: string, path: string, as?: Role, body?: unknown): Promise<Response>;
  /** A server whose create job has failed for good, in the database and in BullMQ. */
  failedCreate(): Promise<{ serverId: string; jobId: string }>;
}

/** One API for all tests of the file. The queue is not paused when a test starts. */
export function useBoard(): BoardUnderTest {
  let world: World;
  let api: RunningApi;
  let cookies: Record<Role, string>;
  beforeAll(async () => {
    world = await startWorld();
    api = await startBoardApi(world);
    cookies = { viewer: await signIn(api, secrets.viewer), operator: await signIn(api, secrets.operator) };
  });
  afterAll(async () => {
    await api.close();
    await world.close();
  });
  beforeEach(() => world.connection.queue.resume());
  return {
    get world() {
      return world;
    },
    get url() {
      return api.url;
    },
    get cookies() {
      return cookies;
    },
    call: (method, path, as = 'operator', body = undefined) =>
      fetch(`${api.url}/admin/queues${path}`, {
        method,
        headers: {
          cookie: cookies[as],
          ...fromSameOrigin,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    failedCreate: () => failedCreate(world),
  };
}

function startBoardApi(world: World): Promise<RunningApi> {
  const config = apiConfig({
    PORT: '0',
    DATABASE_URL: `file:${world.databaseFile}`,
    REDIS_URL: world.redis.url,
    SECRETS_KEY: secretsKey,
    API_TOKENS: `look:viewer:${secrets.viewer},boss:operator:${secrets.operator}`,
  });
  return startApi({ config, log: createLog({ process: 'api', level: 'silent' }) });
}

async function signIn(api: RunningApi, token: string): Promise<string> {
  const answer = await fetch(`${api.url}/admin/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: fromSameOrigin,
    body: new URLSearchParams({ token }),
  });
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}

async function failedCreate(world: World): Promise<{ serverId: string; jobId: string }> {
  const { server, job } = await world.buy();
  await vi.waitFor(async () => expect(await world.connection.queue.getJob(job.id)).toBeDefined());
  await world.store.settle({
    jobId: job.id,
    outcome: { end: 'failed', error: 'Sold out.', leftover: 'gone' },
    attempts: 10,
    graceSeconds: 0,
    now: new Date(),
  });
  // A worker leaves it failed in BullMQ too.
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
