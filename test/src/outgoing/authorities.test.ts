import { chownSync, copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { connectRedis } from '#queues/bullmq/connection.ts';
import { prepareConnections } from '#src/outgoing/prepare.ts';
import { makeCertificates, type TestCertificates, whyNoCertificates } from '../../certificates.ts';
import { run } from '../../db/process.ts';
import { startTlsFront } from '../../fakes/tls-front.ts';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '../../postgres.ts';
import { startTestRedis } from '../../redis.ts';
import { secretsKey } from '../../secrets-key.ts';
import { quiet } from '../../world.ts';

const unable = whyNoCertificates();
const unableWithPostgres = unable ?? whyNoPostgres();
if (unable) test(`Own authorities are not tested: ${unable}.`, () => expect(unable).not.toBeNull());
if (unableWithPostgres)
  test(`Own authorities at Postgres are not tested: ${unableWithPostgres}.`, () =>
    expect(unableWithPostgres).not.toBeNull());

const usualAuthorities = getCACertificates('default');
let certificates: TestCertificates;
beforeAll(() => {
  if (!unable) certificates = makeCertificates();
});
afterAll(() => certificates?.remove());
beforeEach(() => setDefaultCACertificates(usualAuthorities));

test.skipIf(unable !== null)(
  'a Redis with a certificate of an own authority is used once that is trusted',
  async () => {
    const redis = await startTestRedis();
    const front = await startTlsFront(certificates, redis.port);
    onTestFinished(async () => {
      front.close();
      await redis.stop();
    });
    const warned: unknown[] = [];
    const connection = connectRedis(
      { url: `rediss://localhost:${front.port}` },
      {
        ...quiet,
        warn: (fields: object) => void warned.push(fields),
      },
    );
    onTestFinished(() => connection.disconnect());
    const refused = { event: 'redis-unreachable', error: expect.stringMatching(/certificate/) };
    await vi.waitFor(() => expect(warned).toEqual([expect.objectContaining(refused)]), 5_000);
    prepareConnections([certificates.ca]);
    expect(await connection.ping()).toBe('PONG');
  },
);

/** Switches TLS on; Postgres reads a key only from a file of its own user. */
async function serveTls(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
  const folder = rows[0]?.data_directory ?? '';
  const { uid, gid } = statSync(folder);
  for (const [file, name] of [
    [certificates.certFile, 'server.crt'],
    [certificates.keyFile, 'server.key'],
  ] as const) {
    copyFileSync(file, join(folder, name));
    chownSync(join(folder, name), uid, gid);
  }
  await client.query('ALTER SYSTEM SET ssl = on');
  await client.query('SELECT pg_reload_conf()');
  await client.end();
}

describe.skipIf(unableWithPostgres !== null)('a Postgres with a certificate of an own authority', () => {
  let postgres: TestPostgres;
  let url: string;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    const plain = await postgres.createDatabase();
    await serveTls(plain);
    url = `${plain.replace('127.0.0.1', 'localhost')}?sslmode=verify-full`;
  });
  afterAll(() => postgres.stop());

  test('is used once that is trusted', async () => {
    await vi.waitFor(() => expect(openDatabase(url)).rejects.toThrow(/certificate/), 5_000);
    prepareConnections([certificates.ca]);
    const database = await openDatabase(url);
    expect(database.migrated.length).toBeGreaterThan(0);
    await database.close();
  });

  test.each([
    ['migrate', []],
    ['backup', ['--done']],
    ['backup', ['--forget']],
    ['rotate-secrets', []],
  ])('is used by the command %s %j with CA_FILE, and refused without it', async (command, args) => {
    const secrets = { SECRETS_KEY: secretsKey, SECRETS_KEY_OLD: Buffer.alloc(32, 'old').toString('base64') };
    const runWith = (env: Readonly<Record<string, string>>) =>
      run(`src/${command}.ts`, { args, databaseUrl: url, env: { ...secrets, ...env } });
    expect(await runWith({})).toMatchObject({ code: 1, out: '', err: expect.stringContaining('certificate') });
    expect(await runWith({ CA_FILE: certificates.caFile })).toMatchObject({ code: 0, err: '' });
  });
});
