import type pg from 'pg';
import { assertNotNewer, migrationsOf } from './migrations.ts';

/** Any number that nothing else in the database uses as an advisory lock. */
const lockKey = 4_871_203_550_117;

/** Applies what is missing, each migration once; of two processes that start together the second waits for the first. */
export async function migratePostgres(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
    await applyMissing(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

async function applyMissing(client: pg.PoolClient): Promise<void> {
  await client.query('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)');
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY name');
  const applied = rows.map(({ name }) => name);
  const known = migrationsOf('postgres');
  assertNotNewer(applied, known);
  for (const migration of known.filter(({ name }) => !applied.includes(name))) {
    await client.query(migration.sql);
    await client.query('INSERT INTO migrations VALUES ($1, $2)', [migration.name, new Date().toISOString()]);
  }
}
