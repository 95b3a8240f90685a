import type pg from 'pg';
import { assertNotNewer, migrationsOf } from '#db/migrations.ts';

/** Any number that nothing else in the database uses as an advisory lock. */
const lockKey = 4_871_203_550_117;

/**
 * Applies what is missing, each migration once; of two processes that start together the second waits for the first, and both
 * take what they take. Returns the names of those that it applied. The client is a new one, and is ended.
 */
export async function migratePostgres(client: pg.Client): Promise<string[]> {
  // Its query tells that the connection broke; without a listener that would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('BEGIN');
    // Where the role or the database has them.
    await client.query('SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0');
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
    const applied = await applyMissing(client);
    await client.query('COMMIT');
    return applied;
  } finally {
    // Which rolls back what is not committed.
    await client.end();
  }
}

async function applyMissing(client: pg.Client): Promise<string[]> {
  await client.query('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)');
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY name');
  const applied = rows.map(({ name }) => name);
  const known = migrationsOf('postgres');
  assertNotNewer(applied, known);
  const missing = known.filter(({ name }) => !applied.includes(name));
  for (const migration of missing) {
    await client.query(migration.sql);
    await client.query('INSERT INTO migrations VALUES ($1, $2)', [migration.name, new Date().toISOString()]);
  }
  return missing.map(({ name }) => name);
}
