import type { Database, OpenOptions } from './database.ts';
import { DatabaseUnusableError } from './errors.ts';

/**
 * Opens `file:<path>` (SQLite) or `postgres://…`, and applies the missing migrations.
 * Throws DatabaseUnusableError; its message says what to do.
 */
export async function openDatabase(url: string, options: OpenOptions = {}): Promise<Database> {
  if (url.startsWith('file:')) {
    const { openSqlite } = await import('./sqlite/open.ts');
    return openSqlite(url.slice('file:'.length), options);
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import('./postgres/open.ts');
    return openPostgres(url, options);
  }
  throw new DatabaseUnusableError('DATABASE_URL must be file:<path> or postgres://….');
}
