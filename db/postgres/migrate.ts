import type pg from 'pg';
import { assertNotNewer, migrationsOf } from '#db/migrations.ts';

/** Key of the advisory lock: an arbitrary number that nothing else in the database uses. */
const lockKey = 4_871_203_550_117;

/**
 * Applies the missing migrations and returns their names. If two processes start together, the second waits for the
 * first, without a timeout. Connects the given client, and ends it.
 */
export async function migratePostgres(client: pg.Client): Promise<string[]> {
  // The running query also fails if the connection breaks. Without this listener, the error would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('BEGIN');
    // The role or the database may set timeouts.
    await client.query('SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0');
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
    const applied = await applyMissing(client);
    await client.query('COMMIT');
    return applied;
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
