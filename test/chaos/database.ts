import { setTimeout as delay } from 'node:timers/promises';
import SqliteConnection from 'better-sqlite3';
import { openDatabase } from '#db/open.ts';
import { type Dump, dumpOf } from '../db/conformance/fixture.ts';
import type { Installation } from './installation.ts';

type Place = Pick<Installation, 'databaseUrl'>;

/** Every row that there is now. */
export async function rowsOf({ databaseUrl }: Place): Promise<Dump> {
  const database = await openDatabase(databaseUrl);
  try {
    return await dumpOf(database);
  } finally {
    await database.close();
  }
}

/** Where SQLite keeps it; its WAL stands beside it. */
export function fileOf({ databaseUrl }: Place): string {
  return databaseUrl.slice('file:'.length);
}

/** As another process, which gets SQLite's write lock `withinMs`, or throws. */
export async function holdWriteLock(place: Place, { ms, withinMs }: { ms: number; withinMs: number }): Promise<void> {
  const other = new SqliteConnection(fileOf(place), { timeout: withinMs });
  try {
    other.exec('BEGIN IMMEDIATE');
    await delay(ms);
    other.exec('ROLLBACK');
  } finally {
    other.close();
  }
}
