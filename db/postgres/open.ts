import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Database, OpenOptions } from '#db/database.ts';
import { DatabaseBusyError, DatabaseFullError } from '#db/errors.ts';
import { loadPostgresDriver } from '#db/orm.ts';
import { createRoomWatch } from '#db/room.ts';
import { insideTransaction } from '#db/transaction-guard.ts';
import { isBrokenConnection, isFull, isPassing, startupError, unwrapped } from './errors.ts';
import { type Migrated, migratePostgres } from './migrate.ts';
import { writeTogether } from './one-write.ts';
import { createPlaces } from './places.ts';
import { type NameOf, openSession, type Session } from './session.ts';

const connectTimeoutMs = 5_000;
/** Our statements take milliseconds; a statement that takes longer waits for a lock. */
const statementTimeoutMs = 10_000;
/**
 * Longer than statementTimeoutMs, so that the server's own timeout arrives first. Without an answer, the server is
 * dead.
 */
const answerTimeoutMs = 12_000;
/** Shorter than every busyTimeoutMs of a waiting caller. */
const lockTimeoutMs = 1_000;
const longestPauseMs = 200;
const mostConnections = 10;
/** The other connections are for reads, which a burst of transactions must not keep waiting. */
const transactionsAtOnce = 8;

/**
 * The limits of each transaction, in ms. A server takes them at the start of a connection. A pooler does not, and gives
 * each transaction another connection to the server, so each transaction sets them.
 */
const limits = {
  statement_timeout: statementTimeoutMs,
  lock_timeout: lockTimeoutMs,
  idle_in_transaction_session_timeout: statementTimeoutMs,
};
const settings = Object.entries(limits).map(([name, ms]) => `set local ${name} = ${ms}`);
const beginPooled = ['begin', ...settings].join('; ');

/**
 * Opens a Postgres database and applies the migrations. Throws DatabaseUnusableError if it cannot be used, or is newer
 * than this program.
 */
export async function openPostgres(url: string, options: OpenOptions = {}): Promise<Database> {
  try {
    const server = {
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      // Queries of a transaction leave without a wait for the one before.
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    };
    const migrated = await migratePostgres(new pg.Client(server));
    const own = migrated.isPooled ? {} : limits;
    const pool = new pg.Pool({ ...server, ...own, max: mostConnections, query_timeout: answerTimeoutMs });
    // The pool replaces a broken connection on the next use. Without these listeners, its error would end the process.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => {
      client.on('error', () => undefined);
      writeTogether(client);
    });
    return postgresDatabase(pool, migrated, options);
  } catch (error) {
    throw startupError(error);
  }
}

function postgresDatabase(pool: pg.Pool, { names, isPooled }: Migrated, { trace }: OpenOptions): Database {
  const driver = loadPostgresDriver();
  const begin = isPooled ? beginPooled : 'begin';
  // The next transaction may get another connection to the server, which does not have the statements of this one.
  const nameOf: NameOf = isPooled ? () => undefined : ({ name }) => name;
  const sessionOver = (client: pg.Pool | pg.PoolClient) =>
    openSession(driver.drizzle(client, trace ? { logger: { logQuery: trace } } : {}), nameOf);
  const pooled = sessionOver(pool);
  const sessions = new WeakMap<pg.PoolClient, Session>();
  const sessionOf = (client: pg.PoolClient) => {
    const session = sessions.get(client) ?? sessionOver(client);
    sessions.set(client, session);
    return session;
  };
  const places = createPlaces(transactionsAtOnce);
  const room = createRoomWatch(async () => null);

  return {
    dialect: 'postgres',
    migrated: names,
    transact: (name, steps, { busyTimeoutMs }) => {
      const body = (client: pg.PoolClient) => insideTransaction(name, () => sessionOf(client).run(steps));
      const attempt = (leftMs: number) => places.run(() => inTransaction({ pool, begin, trace }, body), leftMs);
      return room.observe(retryWhilePassing(name, busyTimeoutMs, attempt));
    },
    read: (name, steps) => retryWhilePassing(name, connectTimeoutMs, () => pooled.run(steps)),
    // Postgres shows a commit to others only once it is on disk.
    flush: () => Promise.resolve(),
    time: () => retryWhilePassing('time', connectTimeoutMs, () => timeOf(pool)),
    readRoom: room.read,
    close: () => pool.end(),
  };
}

interface TransactionDeps {
  readonly pool: pg.Pool;
  readonly begin: string;
  readonly trace: OpenOptions['trace'] | undefined;
}

/**
 * The client always goes back to the pool. If its connection may be broken, or the transaction may still be open, the
 * pool closes it. (Drizzle's own `transaction` never gives the client back if BEGIN fails.)
 */
async function inTransaction<R>(
  { pool, begin, trace }: TransactionDeps,
  body: (client: pg.PoolClient) => Promise<R>,
): Promise<R> {
  const client = await pool.connect();
  const run = async (statement: string) => {
    trace?.(statement);
    await client.query(statement);
  };
  let isReusable = false;
  try {
    await run(begin);
    const result = await body(client);
    // Not together with the last writes: a write that fails in this process reaches no server that would refuse this.
    await run('commit');
    isReusable = true;
    return result;
  } catch (error) {
    // The pool closes such a connection, even if it would still take a rollback: it may lead to a standby.
    if (!isBrokenConnection(unwrapped(error)))
      isReusable = await run('rollback').then(
        () => true,
        () => false,
      );
    throw error;
  } finally {
    client.release(!isReusable);
  }
}

async function timeOf(pool: pg.Pool): Promise<Date> {
  const { rows } = await pool.query<{ time: Date }>('SELECT clock_timestamp() AS time');
  const [row] = rows;
  if (!row) throw new Error('Postgres answered SELECT clock_timestamp() without a row.');
  return row.time;
}

/** `attempt` gets the time that is left. */
async function retryWhilePassing<R>(
  name: string,
  busyTimeoutMs: number,
  attempt: (leftMs: number) => Promise<R>,
): Promise<R> {
  const giveUpAt = performance.now() + busyTimeoutMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await attempt(giveUpAt - performance.now());
    } catch (thrown) {
      const error = unwrapped(thrown);
      if (isFull(error)) throw new DatabaseFullError(name, error);
      if (!isPassing(error)) throw error;
      if (performance.now() >= giveUpAt) throw new DatabaseBusyError(name, error);
    }
    await delay(pauseMs * (0.5 + Math.random()));
  }
}
