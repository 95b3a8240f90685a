import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Database, OpenOptions } from '#db/database.ts';
import { DatabaseBusyError, DatabaseUnusableError } from '#db/errors.ts';
import { type BetterSQLite3Database, DrizzleQueryError, loadPostgresDriver, type NodePgDatabase } from '#db/orm.ts';
import { type Context, isHot, type Step, type Steps } from '#db/steps.ts';
import { tablesOf } from '#db/tables.ts';
import { insideTransaction } from '#db/transaction-guard.ts';
import { migratePostgres } from './migrate.ts';

const connectTimeoutMs = 5_000;
/** No statement of ours takes longer than milliseconds; one that does waits for a lock. */
const statementTimeoutMs = 10_000;
/** The server's answer to one that took too long comes before; where none does, the network or the server is dead. */
const answerTimeoutMs = 12_000;
/** Shorter than the patience of those who wait for an answer. */
const lockTimeoutMs = 1_000;
const longestPauseMs = 200;

/**
 * Serialization failure, deadlock, lock and statement time-outs, a server that is starting or stopping, one that has no
 * room (connections, disk, memory), cannot read its disk, or is a standby.
 */
const passingCodes = new Set([
  ...['40001', '40P01', '55P03', '57014', '57P01', '57P02', '57P03'],
  ...['53100', '53200', '53300', '58030', '25006'],
]);
/** A broken connection, in the words of the driver: it gives no code for these. */
const passingWords =
  /^(Connection terminated|timeout ex(ceeded|pired)|Client has encountered a connection error|Client was closed|Query read timeout)/;
const passingSocketErrors = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH'],
]);

/** Opens a Postgres database and applies the migrations. Throws DatabaseUnusableError if it is newer than this program. */
export async function openPostgres(url: string, options: OpenOptions = {}): Promise<Database> {
  const server = {
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
  const migrated = await migratePostgres(new pg.Client(server)).catch((error: unknown) => {
    throw refusal(error);
  });
  const pool = new pg.Pool({
    ...server,
    max: 10,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    query_timeout: answerTimeoutMs,
  });
  // A connection that breaks, idle or in a transaction, is replaced on the next use; without listeners it would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return postgresDatabase(pool, migrated, options);
}

function refusal(error: unknown): Error {
  if (error instanceof DatabaseUnusableError) return error;
  return new DatabaseUnusableError(
    `Postgres cannot be used: ${wordsOf(error)}. Check DATABASE_URL and that the server runs.`,
    { cause: error },
  );
}

function postgresDatabase(pool: pg.Pool, migrated: readonly string[], { trace }: OpenOptions): Database {
  const driver = loadPostgresDriver();
  const over = (client: pg.Pool | pg.PoolClient) =>
    contextOf(driver.drizzle(client, trace ? { logger: { logQuery: trace } } : {}));
  const pooled = over(pool);

  return {
    dialect: 'postgres',
    migrated,
    transact: (name, steps, { busyTimeoutMs }) =>
      retryWhilePassing(name, busyTimeoutMs, () =>
        inTransaction(pool, (client) => insideTransaction(name, () => runAll(over(client), steps)), trace),
      ),
    read: (name, steps) => retryWhilePassing(name, connectTimeoutMs, () => runAll(pooled, steps)),
    time: () => retryWhilePassing('time', connectTimeoutMs, () => timeOf(pool)),
    close: () => pool.end(),
  };
}

/**
 * Whatever happens, the client goes back to the pool: for further use, or, if its connection may be broken or the transaction
 * still open, to be thrown away. (Drizzle's own `transaction` keeps it for ever where BEGIN fails.)
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
  let isWhole = false;
  try {
    await run('begin');
    const result = await body(client);
    await run('commit');
    isWhole = true;
    return result;
  } catch (error) {
    // Behind a statement that got no answer a rollback would wait as long again.
    if (!isBroken(unwrapped(error)))
      isWhole = await run('rollback').then(
        () => true,
        () => false,
      );
    throw error;
  } finally {
    client.release(!isWhole);
  }
}

async function timeOf(pool: pg.Pool): Promise<Date> {
  const { rows } = await pool.query<{ time: Date }>('SELECT clock_timestamp() AS time');
  const [row] = rows;
  if (!row) throw new Error('Postgres did not tell the time.');
  return row.time;
}

/** The queries are typed as SQLite's; over Postgres's tables the same builders make Postgres's SQL. */
function contextOf(db: Pick<NodePgDatabase, 'select'>): Context {
  return { db: db as unknown as BetterSQLite3Database, t: tablesOf.postgres };
}

async function runAll<R>(context: Context, body: (context: Context) => Steps<R>): Promise<R> {
  const steps = body(context);
  let step = steps.next();
  while (!step.done) step = steps.next(await runStep(context, step.value));
  return step.value;
}

/** Postgres keeps a prepared statement per connection under its name, so only the text is built again. */
async function runStep(context: Context, { query, values }: Step<unknown>): Promise<unknown> {
  return isHot(query) ? query.build(context).prepare(query.name).execute(values) : query;
}

async function retryWhilePassing<R>(name: string, busyTimeoutMs: number, attempt: () => Promise<R>): Promise<R> {
  const giveUpAt = performance.now() + busyTimeoutMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await attempt();
    } catch (thrown) {
      // Drizzle's own error has the values of the query in its words, and these go to logs and to Redis.
      const error = unwrapped(thrown);
      if (!isPassing(error)) throw error;
      if (performance.now() >= giveUpAt) throw new DatabaseBusyError(name, error);
    }
    await delay(pauseMs * (0.5 + Math.random()));
  }
}

function isPassing(error: unknown): boolean {
  return passingCodes.has(codeOf(error)) || isBroken(error);
}

/** What Postgres or the network said. */
function unwrapped(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error;
}

/** Whether it was the connection that failed. */
function isBroken(error: unknown): boolean {
  const code = codeOf(error);
  return code.startsWith('08') || passingSocketErrors.has(code) || passingWords.test(wordsOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message || codeOf(error) : String(error);
}
