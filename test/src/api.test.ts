import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import SqliteConnection from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { compileCache } from '#src/start/child.ts';
import { rotate } from '#src/vpn/rotate.ts';
import { createSealer } from '#src/vpn/sealed.ts';
import { buy as buyDirectly, made, settle } from '../db/conformance/fixture.ts';
import { startTestRedis } from '../redis.ts';
import { sealNewKeys, secretsKey } from '../secrets-key.ts';

const fileOf = (name: string) => fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url));
const apiFile = fileOf('api');
const otherKey = Buffer.alloc(32, 'a key of others').toString('base64');
const authorization = 'Bearer boss-secret-of-the-tests-1';

let folder: string;
let running: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-api-process-'));
  running = [];
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Process {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[];
  readonly errors: string[];
  /** Resolves with the exit code at its end. */
  readonly ended: Promise<number | null>;
}

function start(env: Record<string, string> = {}, file = apiFile): Process {
  const child = spawn(process.execPath, [file], {
    env: {
      PATH: process.env.PATH,
      ...compileCache,
      PORT: '0',
      DATABASE_URL: `file:${join(folder, 'api.db')}`,
      // No Redis listens at this address.
      REDIS_URL: 'redis://127.0.0.1:1',
      API_TOKENS: 'boss:operator:boss-secret-of-the-tests-1',
      SECRETS_KEY: secretsKey,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const [lines, errors]: [Record<string, unknown>[], string[]] = [[], []];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, lines, errors, ended };
}

async function listening({ lines, errors }: Process): Promise<number> {
  await vi.waitFor(
    () =>
      expect(
        lines.map(({ event }) => event),
        errors.join('\n'),
      ).toContain('api-listening'),
    // On a fresh clone, all processes compile at the same time.
    {
      timeout: 45_000,
    },
  );
  return Number(lines.find(({ event }) => event === 'api-listening')?.port);
}

const buy = (port: number, key: string) =>
  fetch(`http://127.0.0.1:${port}/v1/purchases`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ customer: 'c', location: 'ams' }),
  });

const get = (port: number, path: string) => fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } });

test('a purchase is answered at once without a Redis, and with a Redis that hangs', async () => {
  const redis = await startTestRedis();
  const [without, hanging] = [start(), start({ REDIS_URL: redis.url, DATABASE_URL: `file:${join(folder, 'b.db')}` })];
  const [portWithout, portHanging] = await Promise.all([listening(without), listening(hanging)]);
  const ready = async () => (await fetch(`http://127.0.0.1:${portHanging}/readyz`)).json();
  await vi.waitFor(async () => expect(await ready()).toMatchObject({ redis: 'ok' }), 10_000);
  redis.pause();
  for (const port of [portWithout, portHanging]) {
    const startedAt = performance.now();
    expect((await buy(port, 'now')).status).toBe(202);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  }
  redis.resume();
  await redis.stop();
});

test('a taken port is reported in one line with advice', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const { ended, errors } = start({ PORT: port });
  expect(await ended).toBe(1);
  expect(errors).toEqual([
    `Port ${port} on 127.0.0.1 is in use by another process. Stop that process, or set PORT to another port.`,
  ]);
  other.close();
});

test('a database that cannot be used is reported in one line', async () => {
  writeFileSync(join(folder, 'not.db'), 'This is a letter, and a long one at that. '.repeat(100));
  const { ended, errors } = start({ DATABASE_URL: `file:${join(folder, 'not.db')}` });
  expect(await ended).toBe(1);
  expect(errors).toEqual([expect.stringContaining('is not a usable SQLite database')]);
});

test('a customer of an older version is found in every spelling by the first answer', async () => {
  const DATABASE_URL = `file:${join(folder, 'older.db')}`;
  const store = createStore(await openDatabase(DATABASE_URL));
  await buyDirectly(store, { customer: 'JOSÉ', sealNewKeys });
  await store.close();
  new SqliteConnection(join(folder, 'older.db')).exec('UPDATE servers SET customer_folded = NULL').close();
  const api = start({ DATABASE_URL });
  const port = await listening(api);
  const answer = await fetch(`http://127.0.0.1:${port}/v1/servers?customer=jos%C3%A9`, { headers: { authorization } });
  expect(await answer.json()).toMatchObject({ items: [{ customer: 'JOSÉ' }] });
  expect(api.lines).toContainEqual(expect.objectContaining({ event: 'customers-folded', customers: 1 }));
});

test.each([
  ['API', apiFile, []],
  ['worker', fileOf('worker'), []],
  ['command that rotates', fileOf('rotate-secrets'), []],
])(
  'the %s does not start if SECRETS_KEY does not open the stored keys, and reports it in one line',
  async (_, file) => {
    const DATABASE_URL = `file:${join(folder, 'sealed.db')}`;
    const store = createStore(await openDatabase(DATABASE_URL));
    await buyDirectly(store, { sealNewKeys });
    await store.close();
    const { ended, errors } = start({ DATABASE_URL, SECRETS_KEY: otherKey }, file);
    expect(await ended).toBe(1);
    expect(errors).toEqual([
      expect.stringMatching(
        /^The VPN keys of server srv-\S+ are sealed with the key [0-9a-f]{16}, but SECRETS_KEY is [0-9a-f]{16}: set/,
      ),
    ]);
  },
);

test('keys that are sealed with a new SECRETS_KEY raise an alert until the API is restarted with it', async () => {
  const store = createStore(await openDatabase(`file:${join(folder, 'api.db')}`));
  const { server, job } = await buyDirectly(store, { sealNewKeys });
  await settle(store, job.id, made);
  const first = start();
  const before = await listening(first);
  const newKey = Buffer.alloc(32, 'the next key of tests');
  const rotated = createSealer({ current: newKey, old: Buffer.from(secretsKey, 'base64') });
  await rotate(store, rotated);
  expect((await get(before, `/v1/servers/${server.id}/vpn.conf`)).status).toBe(503);
  const secretsKeyAlerts = async (port: number) => {
    const { items } = (await (await get(port, '/v1/alerts')).json()) as { items: { id: string; message: string }[] };
    return items.filter(({ id }) => id.startsWith('secrets-key:'));
  };
  await vi.waitFor(
    async () =>
      expect(await secretsKeyAlerts(before)).toEqual([
        expect.objectContaining({
          id: `secrets-key:${rotated.keyId}`,
          message: expect.stringMatching(/^The API process on \S+ cannot open VPN keys .* restart the process/),
        }),
      ]),
    20_000,
  );
  first.child.kill('SIGTERM');
  await first.ended;
  const after = await listening(start({ SECRETS_KEY: newKey.toString('base64') }));
  expect((await get(after, `/v1/servers/${server.id}/vpn.conf`)).status).toBe(200);
  await vi.waitFor(async () => expect(await secretsKeyAlerts(after)).toEqual([]), 30_000);
  await store.close();
});

test('an API starts although the keys of one server are damaged, and raises an alert about them', async () => {
  const store = createStore(await openDatabase(`file:${join(folder, 'api.db')}`));
  const { server } = await buyDirectly(store, { sealNewKeys: () => sealNewKeys('another server') });
  await store.close();
  const port = await listening(start());
  await vi.waitFor(
    async () =>
      expect(await (await get(port, '/v1/alerts')).json()).toMatchObject({
        items: expect.arrayContaining([expect.objectContaining({ id: `vpn-keys-damaged:${server.id}` })]),
      }),
    20_000,
  );
});

test('an invalid configuration is reported with all its faults', async () => {
  const { ended, errors } = start({ PORT: 'x', CLOUD: 'y', REDIS_URL: '' });
  expect(await ended).toBe(1);
  expect(errors).toHaveLength(4);
  expect(errors.join('\n')).toMatch(/PORT must be[\s\S]*CLOUD must be[\s\S]*REDIS_URL must be/);
});

test('SIGTERM ends streams, finishes open requests, accepts no more, and exits with 0', async () => {
  const api = start();
  const port = await listening(api);
  const { job } = (await (await buy(port, 'stream')).json()) as { job: { id: string } };
  const stream = await fetch(`http://127.0.0.1:${port}/v1/jobs/${job.id}/events`, { headers: { authorization } });
  const slow = await beginPurchase(port);

  api.child.kill('SIGTERM');
  await expect(stream.text()).resolves.toContain('event: progress');
  await vi.waitFor(() => expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow());
  expect(await slow.finish()).toMatch(/^HTTP\/1.1 202 /);
  expect(await api.ended).toBe(0);
  expect(api.lines.at(-1)).toMatchObject({ event: 'api-stopped' });
  expect(api.errors).toEqual([]);
});

test('the process exits after its grace despite a request that never ends', async () => {
  const api = start({ SHUTDOWN_GRACE_SECONDS: '1' });
  const port = await listening(api);
  await beginPurchase(port);
  api.child.kill('SIGTERM');
  expect(await api.ended).toBe(0);
});

/** Sends half a purchase, and the rest on `finish`. */
async function beginPurchase(port: number): Promise<{ finish(): Promise<string> }> {
  const body = JSON.stringify({ customer: 'slow', location: 'ams' });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  const head = [
    'POST /v1/purchases HTTP/1.1',
    'Host: x',
    `Authorization: ${authorization}`,
    'Idempotency-Key: slow',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Expect: 100-continue',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`);
  // The API has received the headers once it asks for the rest.
  await vi.waitFor(() => expect(answer).toContain('100 Continue'));
  answer = '';
  return {
    finish: async () => {
      // Without an end: Node closes a half-closed connection before an answer that takes another turn.
      socket.write(body.slice(10));
      await once(socket, 'close');
      return answer;
    },
  };
}
