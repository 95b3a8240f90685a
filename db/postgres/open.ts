import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Database, OpenOptions } from '#db/database.ts';
import { DatabaseBusyError, DatabaseFullError } from '#db/errors.ts';
import { type BetterSQLite3Database, loadPostgresDriver, type NodePgDatabase } from '#db/orm.ts';
import { createRoomWatch } from '#db/room.ts';
import { type Context, isHot, type Step, type Steps } from '#db/steps.ts';
import { tablesOf } from '#db/tables.ts';
import { insideTransaction } from '#db/transaction-guard.ts';
import { isBrokenConnection, isFull, isPassing, startupError, unwrapped } from './errors.ts';
import { migratePostgres } from './migrate.ts';
import { createPlaces } from './places.ts';

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
 * Opens a Postgres database and applies the migrations. Throws DatabaseUnusableError if it is newer than this program.
 */
export async function openPostgres(url: string, options: OpenOptions = {}): Promise<Database> {
  const server = {
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
  const migrated = await migratePostgres(new pg.Client(server)).catch((error: unknown) => {
    throw startupError(error);
  });
  const pool = new pg.Pool({
    ...server,
    max: mostConnections,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    query_timeout: answerTimeoutMs,
  });
  // The pool replaces a broken connection on the next use. Without these listeners, its error would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return postgresDatabase(pool, migrated, options);
}

function postgresDatabase(pool: pg.Pool, migrated: readonly string[], { trace }: OpenOptions): Database {
  const driver = loadPostgresDriver();
  const over = (client: pg.Pool | pg.PoolClient) =>
    contextOf(driver.drizzle(client, trace ? { logger: { logQuery: trace } } : {}));
  const pooled = over(pool);
  const places = createPlaces(transactionsAtOnce);
  const room = createRoomWatch(async () => null);

  return {
    dialect: 'postgres',
    migrated,
    transact: (name, steps, { busyTimeoutMs }) => {
      const body = (client: pg.PoolClient) => insideTransaction(name, () => runAll(over(client), steps));
      const attempt = (leftMs: number) => places.run(() => inTransaction(pool, body, trace), leftMs);
      return room.observe(retryWhilePassing(name, busyTimeoutMs, attempt));
    },
    read: (name, steps) => retryWhilePassing(name, connectTimeoutMs, () => runAll(pooled, steps)),
    // Postgres shows a commit to others only once it is on disk.
    flush: () => Promise.resolve(),
    time: () => retryWhilePassing('time', connectTimeoutMs, () => timeOf(pool)),
    readRoom: room.read,
    close: () => pool.end(),
  };
}

/**
 * The client always goes back to the pool. If its connection may be broken, or the transaction may still be open, the
 * pool closes it. (Drizzle's own `transaction` never gives the client back if BEGIN fails.)
 */
async function inTransaction<R>(
  pool: pg.Pool,
  body: (client: pg.PoolClient) => Promise<R>,
  trace: OpenOptions['trace'],
): Promise<R> {
  const client = await pool.connect();
  const run = async (statement: string) => {
    trace?.(statement);
    await client.query(statement);
  };
  let isReusable = false;
  try {
    await run('begin');
    const result = await body(client);
    await run('commit');
    isReusable = true;
    return result;
  } catch (error) {
    // Skip the rollback on a broken connection: it would hang as long as the statement before it.
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

/** The queries are typed as SQLite's. With Postgres's tables the same builders make Postgres's SQL. */
function contextOf(db: Pick<NodePgDatabase, 'select'>): Context {
  return { db: db as unknown as BetterSQLite3Database, t: tablesOf.postgres };
}

async function runAll<R>(context: Context, body: (context: Context) => Steps<R>): Promise<R> {
  const steps = body(context);
  let step = steps.next();
  while (!step.done) step = steps.next(await runStep(context, step.value));
  return step.value;
}

/**
 * Postgres keeps each named prepared statement per connection, so a repeated hot query costs only building its text.
 */
async function runStep(context: Context, { query, values }: Step<unknown>): Promise<unknown> {
  return isHot(query) ? query.build(context).prepare(query.name).execute(values) : query;
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
