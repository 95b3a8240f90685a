import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseBusyError, DatabaseFullError } from '#db/errors.ts';
import { openDatabase } from '#db/open.ts';
import { isAnswerLost, isBrokenConnection, isPassing, startupError } from '#db/postgres/errors.ts';
import { createStore } from '#db/store.ts';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '../../postgres.ts';
import { buy } from '../conformance/fixture.ts';

// Literals on purpose: a code that leaves the list must fail here.
const passing = [
  ...['40001', '40P01', '55P03', '57014', '57P01', '57P02', '57P03', '53200', '53300', '58030', '25006'],
  ...['57P05', '25P03', '25P04'],
  ...['08000', '08003', '08006', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH'],
];
const lasting = [
  ...['53100', '08P01', '23505', '23503', '22P02', '42P01', '42601', '28P01', 'XX001'],
  ...['ERR_INVALID_ARG_TYPE', ''],
];
const withCode = (code: string) => Object.assign(new Error('It failed'), { code });

test.each(passing)('a transaction that failed with %s may succeed when it is tried again', (code) => {
  expect(isPassing(withCode(code))).toBe(true);
});

test.each(lasting)('a transaction that failed with "%s" would fail again', (code) => {
  expect(isPassing(withCode(code))).toBe(false);
});

test.each([
  ['server conn crashed?', true],
  ['server login has been failing, try again later (server_login_retry)', true],
  ['query_wait_timeout', true],
  ['pgbouncer cannot connect to server', true],
  ['no more connections allowed (max_client_conn)', true],
  ['server login failed: FATAL the database system is starting up', true],
  ['connect failed', true],
  ['server_lifetime', true],
  ['client_login_timeout', true],
  ['pgbouncer is shutting down', true],
  ['server shut down', true],
  ['database "shop" is paused', true],
  ['reconnect', true],
  ['database "shop" is disabled', true],
  ['SASL authentication failed', false],
  ['unsupported startup parameter: statement_timeout', false],
  ['transaction blocks not allowed in statement pooling mode', false],
  ['no such database: shop', false],
])('an error of PgBouncer itself, %j, may pass: %s', (message, passes) => {
  expect(isPassing(Object.assign(new Error(message), { code: '08P01' }))).toBe(passes);
});

test.each([
  ...['08000', '08006', '08P01', '25006', 'ECONNRESET', 'EPIPE'],
  ...['57P01', '57P02', '57P05', '25P03', '25P04'],
])('a connection with the error %s is not used again', (code) => {
  expect(isBrokenConnection(withCode(code))).toBe(true);
  expect(isBrokenConnection(withCode('40001'))).toBe(false);
});

test.each([
  [withCode('ECONNRESET'), true],
  [withCode('08P01'), true],
  [withCode('57P01'), true],
  [Object.assign(withCode('XX000'), { severity: 'FATAL' }), true],
  [new Error('Query read timeout'), true],
  [new Error('Connection terminated unexpectedly'), true],
  [new Error('Client has encountered a connection error and is not queryable'), false],
  [new Error('Client was closed and is not queryable'), false],
  [withCode('25006'), false],
  [withCode('40001'), false],
])('%o at a commit leaves its effect unknown: %s', (error, isLost) => {
  expect(isAnswerLost(error)).toBe(isLost);
});

test('only an error of a pooler is followed by advice about its mode', () => {
  expect(startupError(withCode('08P01')).message).toMatch(/^Postgres cannot be used: It failed\. A pooler answers/);
  expect(startupError(withCode('ECONNREFUSED')).message).toMatch(/ Check DATABASE_URL and that the server runs\.$/);
});

const reason = whyNoPostgres();
if (reason) test.skip(`Postgres's conflicts are NOT TESTED: ${reason}`);

describe.skipIf(reason !== null)('Postgres', () => {
  let server: TestPostgres | null = null;
  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server?.stop());

  /** The next `times` inserts of a purchase fail. A sequence is not rolled back, so it counts the tries. */
  async function failPurchases(url: string, code: string, times: number) {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(`CREATE SEQUENCE tries;
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('tries') <= ${times} THEN RAISE EXCEPTION 'It failed.' USING ERRCODE = '${code}'; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER fail BEFORE INSERT ON purchases FOR EACH ROW EXECUTE FUNCTION fail();`);
    return {
      tries: async () => Number((await client.query('SELECT last_value FROM tries')).rows[0].last_value),
      end: () => client.end(),
    };
  }

  async function open() {
    const url = (await server?.createDatabase()) ?? '';
    return { url, store: createStore(await openDatabase(url)) };
  }

  test.each(['40001', '40P01'])('tries a purchase again that failed with %s', async (code) => {
    const { url, store } = await open();
    const { tries, end } = await failPurchases(url, code, 2);
    const { server } = await buy(store);
    expect([await tries(), (await store.readServer(server.id))?.server.status]).toEqual([3, 'installing']);
    await end();
    await store.close();
  });

  test('reports at once that the disk is full, and tells it until a write succeeds', async () => {
    const { url, store } = await open();
    const { tries, end } = await failPurchases(url, '53100', 1);
    await expect(buy(store)).rejects.toThrow(DatabaseFullError);
    expect([await tries(), await store.readRoom()]).toEqual([1, { freeBytes: null, wasRefused: true }]);
    await buy(store);
    expect(await store.readRoom()).toEqual({ freeBytes: null, wasRefused: false });
    await end();
    await store.close();
  });

  test('reports busy if each try fails, and tries no purchase again that violates a constraint', async () => {
    const { url, store } = await open();
    const conflicts = await failPurchases(url, '40001', 1_000);
    await expect(buy(store)).rejects.toThrow(DatabaseBusyError);
    expect(await conflicts.tries()).toBeGreaterThan(3);
    await conflicts.end();
    const other = await open();
    const counted = await failPurchases(other.url, '23505', 1_000);
    await expect(buy(other.store)).rejects.not.toThrow(DatabaseBusyError);
    expect(await counted.tries()).toBe(1);
    await counted.end();
    await store.close();
    await other.store.close();
  });
});
