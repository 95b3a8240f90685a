import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '../postgres.ts';
import { asker, buy, made, plain, rebuild, running, settle } from './conformance/fixture.ts';

const missing = whyNoPostgres();
if (missing) process.stderr.write(`Skipped: Postgres's lost answers, since ${missing}.\n`);

describe.skipIf(missing)('a commit whose answer is lost', () => {
  let postgres: TestPostgres;
  let breaker: Breaker;
  let store: Store;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    const url = new URL(await postgres.createDatabase());
    breaker = await startBreaker(Number(url.port));
    url.port = String(breaker.port);
    store = createStore(await openDatabase(url.href));
  }, 60_000);
  afterAll(async () => {
    await store.close();
    breaker.close();
    await postgres.stop();
  });

  test('is known by its settle, which tells what it released', async () => {
    const { server, job } = await buy(store);
    const rebuilding = await rebuild(store, server.id);
    breaker.breakNextCommit();
    const settled = await settle(store, job.id, made);
    expect(breaker.broken).toBe(1);
    expect(settled).toMatchObject({ end: 'settled', state: 'succeeded', released: [{ id: rebuilding.job.id }] });
  });

  test('records a command with a key once', async () => {
    const server = await running(store);
    breaker.breakNextCommit();
    const idempotency = { token: 'desk', key: 'own 1', bodyHash: 'x' };
    const { body } = await store.recordRebuild(server.id, null, asker(), { ...plain, idempotency });
    expect(breaker.broken).toBe(2);
    expect(await store.readJobs({ serverId: server.id, kind: 'rebuild', limit: 10 })).toMatchObject([
      { id: jobIn(body) },
    ]);
  });
});

function jobIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'job' in body ? body.job : null;
}

interface Breaker {
  readonly port: number;
  readonly broken: number;
  /** The next COMMIT reaches Postgres, and its answer nobody. */
  breakNextCommit(): void;
  close(): void;
}

/** Stands between the service and Postgres. */
async function startBreaker(postgresPort: number): Promise<Breaker> {
  let [armed, broken] = [false, 0];
  const server = createServer((client) => {
    const upstream = connect(postgresPort, '127.0.0.1');
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    client.on('error', end).on('close', end);
    upstream.on('error', end).on('close', end);
    let breaking = false;
    client.on('data', (data) => {
      breaking = armed && /commit/i.test(data.toString('latin1'));
      if (breaking) {
        armed = false;
        broken++;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => (breaking ? end() : client.write(data)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get broken() {
      return broken;
    },
    breakNextCommit: () => {
      armed = true;
    },
    close: () => server.close(),
  };
}
