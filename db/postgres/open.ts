import pg from 'pg';
import type { Database, OpenOptions, TransactOptions } from '#db/database.ts';
import { createRoomWatch } from '#db/room.ts';
import { insideTransaction } from '#db/transaction-guard.ts';
import { isBrokenConnection, startupError, unwrapped } from './errors.ts';
import { type Migrated, migratePostgres } from './migrate.ts';
import { createPlaces } from './places.ts';
import { openReader } from './reader.ts';
import { afterFailure, retryWhilePassing } from './retry.ts';
import { type Body, openSession, type SessionOptions, type StepsOf, type TransactionSession } from './session.ts';
import { createTogether } from './together.ts';

const connectTimeoutMs = 5_000;
/** Our statements take milliseconds; a statement that takes longer waits for a lock. */
const statementTimeoutMs = 10_000;
/**
 * For a message. Longer than statementTimeoutMs, so that the server's own timeout arrives first. Without an answer, the
 * server is dead.
 */
const answerTimeoutMs = 12_000;
/** Shorter than every busyTimeoutMs of a waiting caller. */
const lockTimeoutMs = 1_000;
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
const beginPooled = ['begin', ...settings];
/** Measured with 64 callers on two cores: one at once leaves Postgres idle, and more make smaller transactions. */
const sharing = { atOnce: 2, mostItems: 32 };

/**
 * Opens a Postgres database and applies the migrations. Throws DatabaseUnusableError if it cannot be used, or is newer
 * than this program.
 */
export async function openPostgres(url: string, options: OpenOptions = {}): Promise<Database> {
  try {
    const server = {
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
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
    });
    return postgresDatabase(pool, migrated, options);
  } catch (error) {
    throw startupError(error);
  }
}

function postgresDatabase(pool: pg.Pool, { names, isPooled }: Migrated, { trace }: OpenOptions): Database {
  /** An earlier try of these may have been recorded. */
  const lost = new WeakSet<Body<unknown>>();
  const options: SessionOptions = {
    // The next transaction may get another connection to the server, which does not have the statements of this one.
    nameOf: ({ name }) => (isPooled ? undefined : name),
    begin: isPooled ? beginPooled : ['begin'],
    onCommitLost: (bodies) => {
      for (const body of bodies) lost.add(body);
    },
    trace,
  };
  const read = openReader(pool, options);
  const sessions = new WeakMap<pg.PoolClient, TransactionSession>();
  const sessionOf = (client: pg.PoolClient) => {
    const session = sessions.get(client) ?? openSession(client, options);
    sessions.set(client, session);
    return session;
  };
  const places = createPlaces(transactionsAtOnce);
  const transact = <R>(bodies: readonly Body<R>[], leftMs: number) =>
    places.run(() => inTransaction({ pool, trace }, (client) => sessionOf(client).run(bodies)), leftMs);
  const together = createTogether<Body<unknown>>({
    ...sharing,
    runTogether: (bodies) => transact(bodies, connectTimeoutMs),
  });
  const room = createRoomWatch(async () => null);

  return {
    dialect: 'postgres',
    migrated: names,
    transact: <R>(name: string, steps: StepsOf<R>, { busyTimeoutMs, interleaveApart }: TransactOptions) => {
      const body: Body<R> = (run) => insideTransaction(name, () => run(steps));
      const attempt = async (leftMs: number) => onlyOne(await transact([body], leftMs));
      const retryFor = (leftMs: number, failure?: unknown) =>
        retryWhilePassing({ name, leftMs, isUnknown: () => lost.has(body) }, afterFailure(failure, attempt));
      if (interleaveApart == null) return room.observe(retryFor(busyTimeoutMs));
      const giveUpAt = performance.now() + busyTimeoutMs;
      const alone = (failure?: unknown) => retryFor(leftMsOf({ giveUpAt, failure }), failure);
      return room.observe(together({ item: body, apart: interleaveApart, waitMs: busyTimeoutMs, alone }));
    },
    read: (name, steps) => retryWhilePassing({ name, leftMs: connectTimeoutMs }, () => read(steps)),
    // Postgres shows a commit to others only once it is on disk.
    flush: () => Promise.resolve(),
    time: () => retryWhilePassing({ name: 'time', leftMs: connectTimeoutMs }, () => timeOf(pool)),
    readRoom: room.read,
    close: () => pool.end(),
  };
}

/** The time for the tries of a transaction alone. One that was tried only in a group gets a try, however late it is. */
function leftMsOf({ giveUpAt, failure }: { readonly giveUpAt: number; readonly failure: unknown }): number {
  const leftMs = giveUpAt - performance.now();
  return failure === undefined ? Math.max(leftMs, connectTimeoutMs) : leftMs;
}

/** The result of the only body. */
function onlyOne<R>(results: readonly R[]): R {
  return results[0] as R;
}

interface TransactionDeps {
  readonly pool: pg.Pool;
  readonly trace: OpenOptions['trace'] | undefined;
}

/**
 * The client always goes back to the pool. If its connection may be broken, or the transaction may still be open, the
 * pool closes it. (Drizzle's own `transaction` never gives the client back if BEGIN fails.)
 */
async function inTransaction<R>(
  { pool, trace }: TransactionDeps,
  body: (client: pg.PoolClient) => Promise<R>,
): Promise<R> {
  const client = await pool.connect();
  const run = async (statement: string) => {
    trace?.(statement);
    await client.query(statement);
  };
  let isReusable = false;
  try {
    const result = await body(client);
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
