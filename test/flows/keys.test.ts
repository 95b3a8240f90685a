import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { secretsKey } from '../secrets-key.ts';
import { spawnApi, type WorkerHandle } from '../worker-process.ts';
import { startWorld, type World } from '../world.ts';
import { openBoard } from './board.ts';
import { allAre } from './eventually.ts';
import { redisText } from './redis-text.ts';

/** More than a few characters of a secret. */
const secretLike = /gf_[0-9A-Za-z]{8}/;
const token = 'boss-secret-of-the-flows-1';
const revokedWithinMs = 5_000;

let world: World;
let apis: readonly WorkerHandle[] = [];
let worker: WorkerHandle;
let urls: readonly string[] = [];
beforeAll(async () => {
  world = await startWorld();
  worker = await world.startWorker({ REBUILD_GRACE_SECONDS: '0', LOG_LEVEL: 'trace' });
  const env = {
    PORT: '0',
    DATABASE_URL: `file:${world.databaseFile}`,
    REDIS_URL: world.redis.url,
    SECRETS_KEY: secretsKey,
    API_TOKENS: `boss:operator:${token}`,
    LOG_LEVEL: 'trace',
  };
  apis = await Promise.all([spawnApi(env), spawnApi(env), spawnApi(env)]);
  urls = apis.map(({ lines }) => `http://127.0.0.1:${lines.find(({ event }) => event === 'api-listening')?.port}`);
}, 180_000);
afterAll(async () => {
  await Promise.all(apis.map((api) => api.stop()));
  await world?.close();
});

interface Sent {
  readonly secret?: string;
  readonly body?: object;
  readonly url?: string;
}

async function call(method: string, path: string, { secret = token, body, url = urls[0] }: Sent = {}) {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${secret}`,
      'idempotency-key': `key-${Math.random()}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

async function make(name: string, preset = 'operator'): Promise<{ id: string; secret: string }> {
  const { status, text } = await call('POST', '/v1/keys', { body: { name, preset } });
  expect(status, text).toBe(201);
  return JSON.parse(text);
}

test('a revoked key is refused within 5 s by each of three API processes that have just used it', async () => {
  const { id, secret } = await make('leaver', 'viewer');
  const statuses = () =>
    Promise.all(urls.map(async (url) => (await call('GET', '/v1/servers', { secret, url })).status));
  expect(await statuses()).toEqual([200, 200, 200]);
  expect((await call('DELETE', `/v1/keys/${id}`)).status).toBe(204);
  const revokedAt = performance.now();
  expect((await statuses())[0]).toBe(401);
  await vi.waitFor(async () => expect(await statuses()).toEqual([401, 401, 401]), {
    timeout: revokedWithinMs,
    interval: 100,
  });
  expect(performance.now() - revokedAt).toBeLessThan(revokedWithinMs + 500);
}, 60_000);

const databaseText = () =>
  ['', '-wal'].map((suffix) => readFileSync(`${world.databaseFile}${suffix}`, 'latin1')).join('\n');
const linesOf = ({ lines }: WorkerHandle) => lines.map((line) => JSON.stringify(line)).join('\n');

function expectNone(texts: Readonly<Record<string, string>>): void {
  for (const [where, text] of Object.entries(texts)) {
    const at = text.search(secretLike);
    expect(at === -1 ? null : text.slice(Math.max(0, at - 60), at + 20), where).toBeNull();
  }
}

test('the life of a server by a key leaves its secret in no log, Redis, database, board, event or why', {
  timeout: 120_000,
}, async () => {
  const { id, secret } = await make('shop');
  const order = { customer: 'ada', location: 'ewr' };
  const { server } = JSON.parse((await call('POST', '/v1/purchases', { secret, body: order })).text);
  await allAre(world, [server.id], 'running');
  await call('POST', `/v1/servers/${server.id}/rebuild`, { secret, body: {} });
  // What a person may do by mistake.
  await call('GET', `/v1/servers/${secret}?key=${secret}`, { secret });
  await call('POST', `/v1/servers/${server.id}/suspend`, { secret, body: { reason: `for ${secret}` } });
  await call('POST', '/v1/sale', { secret, body: { open: true, reason: secret } });
  const board = await openBoard(urls[0] ?? '', secret);
  const rotated = JSON.parse((await call('POST', `/v1/keys/${id}/rotate`, { body: {} })).text);
  await call('DELETE', `/v1/servers/${server.id}`, { secret: rotated.secret });
  await allAre(world, [server.id], 'destroyed');
  const paths = ['/v1/events?limit=200', `/v1/why?server=${server.id}`, `/v1/servers/${server.id}/history`];
  const more = ['/v1/jobs', '/v1/keys', '/v1/alerts', '/metrics'];
  const answers = await Promise.all([...paths, ...more].map((path) => call('GET', path, { secret: rotated.secret })));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  const queue = await board('queues?activeQueue=servers&status=latest&page=1&jobsPerPage=100');
  const texts = {
    'the logs of the API': apis.map(linesOf).join('\n'),
    'the log of the worker': linesOf(worker),
    Redis: await redisText(world.redis),
    'the answers': answers.map(({ text }) => text).join('\n'),
    'Bull Board': queue,
    'the database': databaseText(),
  };
  for (const [where, text] of Object.entries(texts)) expect(text.includes(server.id), where).toBe(true);
  expectNone(texts);
  expect(() => expectNone({ here: `a ${secret} b` })).toThrow();
});
