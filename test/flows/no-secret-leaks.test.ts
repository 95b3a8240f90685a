import { readFileSync } from 'node:fs';
import SqliteConnection from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApi, startApi } from '#src/api.ts';
import { apiConfig } from '#src/config/api.ts';
import { createLog } from '#src/log.ts';
import { newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';
import { sealer, secretsKey } from '../secrets-key.ts';
import type { WorkerHandle } from '../worker-process.ts';
import { startWorld, type World } from '../world.ts';
import { openBoard } from './board.ts';
import { allAre } from './eventually.ts';
import { redisText } from './redis-text.ts';

let world: World;
let api: RunningApi;
let worker: WorkerHandle;
const log: string[] = [];
const answers: string[] = [];

beforeAll(async () => {
  world = await startWorld();
  worker = await world.startWorker({ REBUILD_GRACE_SECONDS: '0', LOG_LEVEL: 'trace', WORKER_PORT: '0' });
  const config = apiConfig({
    PORT: '0',
    DATABASE_URL: `file:${world.databaseFile}`,
    REDIS_URL: world.redis.url,
    SECRETS_KEY: secretsKey,
    API_TOKENS: 'boss:operator:boss-secret-of-the-tests-1',
    LOG_LEVEL: 'trace',
  });
  const destination = { write: (line: string) => void log.push(line) };
  api = await startApi({ config, log: createLog({ process: 'api', level: 'trace', destination }) });
});
afterAll(async () => {
  await api?.close();
  await world?.close();
});

/** Calls the API and records the answer, which must contain no key. */
async function call(method: string, path: string, body?: object): Promise<string> {
  const answer = await fetch(`${api.url}${path}`, {
    method,
    headers: {
      authorization: 'Bearer boss-secret-of-the-tests-1',
      'idempotency-key': `key-${answers.length}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  answers.push(`${JSON.stringify([...answer.headers])}\n${text}`);
  return text;
}

async function readEverything(serverId: string): Promise<void> {
  const { port } = worker.lines.find(({ event }) => event === 'worker-ready') ?? {};
  answers.push(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
  for (const path of ['', '/history', '/devices', '/rebuild', '/nothing'])
    await call('GET', `/v1/servers/${serverId}${path}`);
  for (const path of [`/v1/why?server=${serverId}`, '/v1/events']) await call('GET', path);
  for (const path of ['/metrics', '/readyz', '/v1/alerts', '/v1/jobs', '/openapi.json']) await call('GET', path);
  const board = await openBoard(api.url, 'boss-secret-of-the-tests-1');
  answers.push(await board('queues?activeQueue=servers&status=latest&page=1&jobsPerPage=100'));
  expect(answers.at(-1)).toContain(serverId);
}

/** All secrets of a server and its devices in every likely encoding, and in their sealed form. */
async function secretsOf(serverId: string): Promise<{ plain: string[]; sealed: string }> {
  const found = await world.store.readServerWithKeys(serverId);
  const sealed = found?.sealedKeys ?? '';
  const { server, devices, probe, probePresharedKey } = vpnKeysOf(sealer.open(serverId, sealed));
  const ofDevices = devices.flatMap(({ client, presharedKey }) => [client.privateKey, presharedKey]);
  const secrets = [server.privateKey, probe.privateKey, probePresharedKey, ...ofDevices];
  const bytes = secrets.map((text) => Buffer.from(text, 'base64'));
  const forms = (['base64', 'base64url', 'hex', 'latin1'] as const).flatMap((form) =>
    bytes.map((secret) => secret.toString(form)),
  );
  return { plain: [...forms, secretsKey], sealed };
}

const databaseText = () =>
  ['', '-wal'].map((suffix) => readFileSync(`${world.databaseFile}${suffix}`, 'latin1')).join('\n');

/** Moves the whole WAL into the database file. */
function checkpoint(): void {
  const connection = new SqliteConnection(world.databaseFile);
  expect(connection.pragma('wal_checkpoint(TRUNCATE)')).toEqual([expect.objectContaining({ busy: 0 })]);
  connection.close();
}

function expectNone(text: string, secrets: readonly string[], where: string): void {
  const found = secrets.filter((secret) => text.includes(secret));
  expect(found, where).toEqual([]);
}

test('a server leaks no secret to logs, Redis, metrics, board or answers, or to the database file after its destroy', {
  timeout: 120_000,
}, async () => {
  const { server } = JSON.parse(await call('POST', '/v1/purchases', { customer: 'ada', location: 'ewr' }));
  const { plain, sealed } = await secretsOf(server.id);
  await allAre(world, [server.id], 'running');
  expect(databaseText()).toContain(sealed);
  for (const part of ['vpn', 'vpn.conf', 'vpn.png', 'vpn?device=2', 'vpn.conf?device=5']) {
    const answer = await fetch(`${api.url}/v1/servers/${server.id}/${part}`, {
      headers: { authorization: 'Bearer boss-secret-of-the-tests-1' },
    });
    expect(answer.status).toBe(200);
  }
  await readEverything(server.id);
  await call('POST', `/v1/servers/${server.id}/rebuild`, { location: 'ams' });
  await allAre(world, [server.id], 'running');
  await readEverything(server.id);
  expectNone(databaseText(), plain, 'the database of a running server');
  await call('DELETE', `/v1/servers/${server.id}`);
  await allAre(world, [server.id], 'destroyed');
  await call('GET', `/v1/servers/${server.id}/vpn`);
  await readEverything(server.id);

  const everything = [...plain, sealed];
  const workerLog = worker.lines.map((line) => JSON.stringify(line)).join('\n');
  const redis = await redisText(world.redis);
  expect([log.join(''), workerLog, redis, answers.join('')].map((text) => text.includes(server.id))).not.toContain(
    false,
  );
  expectNone(log.join('\n'), everything, 'the log of the API');
  expectNone(workerLog, everything, 'the log of the worker');
  expectNone(redis, everything, 'Redis');
  expectNone(answers.join('\n'), everything, 'answers, metrics and the board');
  checkpoint();
  expectNone(databaseText(), everything, 'the database after the destroy');
});

test('the search finds a planted secret', () => {
  const secrets = newVpnSecrets();
  const text = `key: ${secrets.toString('base64')}`;
  expect(() => expectNone(text, [secrets.toString('base64')], 'here')).toThrow();
});
