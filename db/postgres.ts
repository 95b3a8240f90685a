import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Database, OpenOptions } from './database.ts';
import { DatabaseBusyError, DatabaseRefusedError } from './errors.ts';
import { migratePostgres } from './migrate-postgres.ts';
import { type BetterSQLite3Database, loadPostgresDriver, type NodePgDatabase } from './orm.ts';
import { type Context, isHot, type Step, type Steps } from './steps.ts';
import { tablesOf } from './tables.ts';
import { insideTransaction } from './transaction-guard.ts';

const connectTimeoutMs = 5_000;
/** No statement of ours takes longer than milliseconds; one that does waits for a lock or a dead network. */
const statementTimeoutMs = 10_000;
/** Shorter than the patience of those who wait for an answer. */
const lockTimeoutMs = 1_000;
const longestPauseMs = 200;

/** Serialization failure, deadlock, lock and statement time-outs, and a server that is starting, stopping or full. */
const passingCodes = new Set(['40001', '40P01', '55P03', '57014', '57P01', '57P02', '57P03', '53300']);
/** A broken connection, in the words of the driver: it gives no code for these. */
const passingWords =
  /^(Connection terminated|timeout ex(ceeded|pired)|Client has encountered a connection error|Client was closed|Query read timeout)/;
const passingSocketErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/** Opens a Postgres database and applies the migrations. Throws DatabaseRefusedError if it is newer than this program. */
export async function openPostgres(url: string, options: OpenOptions = {}): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
  });
  // A connection that breaks, idle or in a transaction, is replaced on the next use; without listeners it would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    return postgresDatabase(pool, await migratePostgres(pool), options);
  } catch (error) {
    await pool.end();
    throw refusal(error);
  }
}

function refusal(error: unknown): Error {
  if (error instanceof DatabaseRefusedError) return error;
  return new DatabaseRefusedError(
    `Postgres cannot be used: ${wordsOf(error)}. Check DATABASE_URL and that the server runs.`,
    { cause: error },
  );
}

function postgresDatabase(pool: pg.Pool, migrated: readonly string[], { trace }: OpenOptions): Database {
  const driver = loadPostgresDriver();
  const db = driver.drizzle(pool, trace ? { logger: { logQuery: trace } } : {});

  return {
    dialect: 'postgres',
    migrated,
    transact: (name, steps, { patienceMs }) =>
      retryWhilePassing(name, patienceMs, () =>
        db.transaction((tx) => insideTransaction(name, () => runAll(contextOf(tx), steps))),
      ),
    read: (name, steps) => retryWhilePassing(name, connectTimeoutMs, () => runAll(contextOf(db), steps)),
    time: () => retryWhilePassing('time', connectTimeoutMs, () => timeOf(pool)),
    close: () => pool.end(),
  };
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

async function retryWhilePassing<R>(name: string, patienceMs: number, attempt: () => Promise<R>): Promise<R> {
  const giveUpAt = performance.now() + patienceMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (performance.now() >= giveUpAt) throw new DatabaseBusyError(name, error);
    }
    await delay(pauseMs * (0.5 + Math.random()));
  }
}

function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  return (
    passingCodes.has(code) ||
    code.startsWith('08') ||
    passingSocketErrors.has(code) ||
    passingWords.test(wordsOf(error))
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}

/** Drizzle wraps what Postgres said; the innermost words are the ones that help. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? wordsOf(error.cause) : error.message || codeOf(error);
}
