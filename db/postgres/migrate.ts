import type pg from 'pg';
import { assertNotNewer, migrationsOf } from '#db/migrations.ts';

/** Key of the advisory lock: an arbitrary number that nothing else in the database uses. */
const lockKey = 4_871_203_550_117;

export interface Migrated {
  /** The names of the migrations that were applied. */
  readonly names: readonly string[];
  /** Whether a pooler such as PgBouncer is before the server. */
  readonly isPooled: boolean;
}

/**
 * Applies the missing migrations. If two processes start together, the second waits for the first, without a timeout.
 * Connects the given client, and ends it.
 */
export async function migratePostgres(client: pg.Client): Promise<Migrated> {
  // The running query also fails if the connection breaks. Without this listener, the error would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('BEGIN');
    // The role or the database may set timeouts.
    await client.query('SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0');
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
    const names = await applyMissing(client);
    const isPooled = await isOfPooler(client);
    await client.query('COMMIT');
    return { names, isPooled };
  } finally {
    // This also rolls back an open transaction.
    await client.end();
  }
}

async function applyMissing(client: pg.Client): Promise<string[]> {
  await client.query('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)');
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY name');
  const applied = rows.map(({ name }) => name);
  const shipped = migrationsOf('postgres');
  assertNotNewer(applied, shipped);
  const missing = shipped.filter(({ name }) => !applied.includes(name));
  for (const migration of missing) {
    await client.query(migration.sql);
    await client.query('INSERT INTO migrations VALUES ($1, $2)', [migration.name, new Date().toISOString()]);
  }
  return missing.map(({ name }) => name);
}

/** A pooler gives each client a process id of its own, while the server's process knows its real one. */
async function isOfPooler(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return !('processID' in client) || client.processID !== rows[0]?.pid;
}
