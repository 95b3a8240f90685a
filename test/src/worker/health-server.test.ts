import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { LiveQueue } from '#queues/bullmq/live.ts';
import { listen } from '#src/http/server.ts';
import { createWorkerHealth, type WorkerHealthDeps } from '#src/worker/health.ts';
import { healthApp } from '#src/worker/health-server.ts';

const calmQueue: LiveQueue = {
  paused: false,
  counts: null,
  workers: 1,
  evictionPolicy: 'noeviction',
  appendOnly: true,
  memoryUsed: 0,
  cannotSave: false,
  isReadOnly: false,
  isCluster: false,
  forbidden: [],
  error: null,
};
const seeing = (changes: Partial<LiveQueue>) => ({
  redis: { isConnected: () => true, look: async () => ({ ...calmQueue, ...changes }) },
});

/** A healthy worker's dependencies. */
const healthy: WorkerHealthDeps = {
  store: { checkWritable: async () => undefined, readRoom: async () => ({ freeBytes: 5e9, wasRefused: false }) },
  redis: { isConnected: () => true, look: async () => calmQueue },
  providerGate: { fault: () => null },
  guard: { isWrong: () => false },
  checkSending: async () => ({ ipv4: null, ipv6: null }),
  now: () => new Date(),
  active: () => 3,
};
const vpnProbe = { ipv4: 'ok', ipv6: 'ok' };
const parts = { database: 'ok', disk: 'ok', redis: 'ok', provider: 'ok', clock: 'ok' };
const ready = { status: 'ok', ...parts, vpnProbe, active: 3 };

function startedHealth(deps: Partial<WorkerHealthDeps> = {}) {
  const health = createWorkerHealth({ ...healthy, ...deps });
  health.start();
  return health;
}

async function serve(deps: Partial<WorkerHealthDeps> = {}) {
  const health = startedHealth(deps);
  const app = healthApp(health, new Registry());
  const { port, close } = await listen(app, { host: '127.0.0.1', port: 0, portVariable: 'WORKER_PORT' });
  onTestFinished(() => close(0));
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.json() };
  };
  return { get, health };
}

test('a worker answers /livez and /readyz like the API', async () => {
  const { get } = await serve();
  expect(await get('/livez')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await get('/readyz')).toMatchObject({ status: 200, body: ready });
});

test.each<[string, Partial<WorkerHealthDeps>, object]>([
  [
    'the database',
    { store: { ...healthy.store, checkWritable: () => Promise.reject(new Error('locked')) } },
    { database: 'unavailable' },
  ],
  [
    'room on the disk of the database',
    { store: { ...healthy.store, readRoom: async () => ({ freeBytes: 46_000, wasRefused: false }) } },
    { database: 'unavailable', disk: 'full' },
  ],
  ['Redis', { redis: { ...healthy.redis, isConnected: () => false } }, { redis: 'unavailable' }],
  ['a Redis that writes to its disk', seeing({ cannotSave: true }), { redis: 'unavailable' }],
  ['room in the memory of Redis', seeing({ memoryUsed: 1 }), { redis: 'unavailable' }],
  ['the primary of Redis', seeing({ isReadOnly: true }), { redis: 'unavailable' }],
  ['a Redis that can run the queue', seeing({ isCluster: true }), { redis: 'unavailable' }],
  ['a right clock', { guard: { isWrong: () => true } }, { clock: 'wrong' }],
])('without %s a worker is not ready', async (_, deps, part) => {
  const { get } = await serve(deps);
  expect(await get('/readyz')).toMatchObject({ status: 503, body: { ...ready, status: 'unavailable', ...part } });
});

test.each([
  ['does not answer in time', { redis: { isConnected: () => true, look: async () => null } }],
  ['evicts instead', seeing({ memoryUsed: 1, evictionPolicy: 'allkeys-lru' })],
  ['does not tell', seeing({ cannotSave: null, memoryUsed: null, isReadOnly: null, isCluster: null })],
])('a worker is ready while its Redis %s', async (_, deps) => {
  const { get } = await serve(deps);
  expect(await get('/readyz')).toMatchObject({ status: 200, body: ready });
});

test('a worker is ready although its provider refuses requests', async () => {
  const { get } = await serve({ providerGate: { fault: () => 'not-allowed' } });
  expect(await get('/readyz')).toMatchObject({ status: 200, body: { ...ready, provider: 'degraded' } });
});

test.each([
  [
    { ipv4: null, ipv6: 'send ENETUNREACH' },
    { ipv4: 'ok', ipv6: 'blocked' },
  ],
  [
    { ipv4: 'send EPERM', ipv6: 'send EPERM' },
    { ipv4: 'blocked', ipv6: 'blocked' },
  ],
])('a worker that cannot send handshakes is ready, and says so: %j', async (sending, expected) => {
  const { get } = await serve({ checkSending: async () => sending });
  expect(await get('/readyz')).toMatchObject({ status: 200, body: { ...ready, vpnProbe: expected } });
});

test('a worker that drains is not ready', async () => {
  const { get, health } = await serve();
  health.stop();
  expect(await get('/readyz')).toMatchObject({ status: 503, body: { ...ready, status: 'unavailable' } });
});

describe('the word of a worker', () => {
  const full = { ...healthy.store, readRoom: async () => ({ freeBytes: 46_000, wasRefused: false }) };
  const away = { ...healthy.redis, isConnected: () => false };
  const wrong = { isWrong: () => true };

  test.each<[string, Partial<WorkerHealthDeps>]>([
    ['takes jobs', {}],
    ['takes jobs', { providerGate: { fault: () => 'not-allowed' } }],
    ['database unavailable', { store: full }],
    ['Redis unavailable', { store: full, redis: away }],
    ['clock wrong', { store: full, redis: away, guard: wrong }],
  ])('is that it %s', async (word, deps) => {
    expect(await startedHealth(deps).state()).toBe(word);
  });

  test('is that it drains, whatever else is wrong', async () => {
    const health = startedHealth({ guard: wrong });
    health.stop();
    expect(await health.state()).toBe('drains');
  });

  test('asks nothing of Redis and writes nothing; it knows of a Redis that refuses writes from /readyz', async () => {
    const asked: string[] = [];
    const note = <T>(name: string, answer: T) => {
      asked.push(name);
      return Promise.resolve(answer);
    };
    const look = () => note('look', { ...calmQueue, cannotSave: true });
    const checkWritable = () => note('write', undefined);
    const redis = { ...healthy.redis, look };
    const health = startedHealth({ redis, store: { ...healthy.store, checkWritable } });
    expect([await health.state(), asked]).toEqual(['takes jobs', []]);
    await health.readiness();
    asked.splice(0);
    expect([await health.state(), asked]).toEqual(['Redis unavailable', []]);
  });

  test('forgets what /readyz has seen after half a minute', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const health = startedHealth(seeing({ cannotSave: true }));
    await health.readiness();
    vi.advanceTimersByTime(29_999);
    expect(await health.state()).toBe('Redis unavailable');
    vi.advanceTimersByTime(1);
    expect(await health.state()).toBe('takes jobs');
  });
});

test('any other path of a worker gets a problem document, like at the API', async () => {
  const { get } = await serve();
  expect(await get('/v1/servers')).toMatchObject({
    status: 404,
    type: expect.stringContaining('application/problem+json'),
    body: { type: 'urn:ghostifi:problem:not-found', status: 404, instance: '/v1/servers' },
  });
});
