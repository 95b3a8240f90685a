import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseUnusableError } from './errors.ts';

export interface Migration {
  /** A number, which gives the order, and a description: `0001-start`. */
  readonly name: string;
  readonly sql: string;
}

/** Every migration of one dialect, in order. A migration that has shipped is never edited or reversed. */
export function migrationsOf(dialect: 'sqlite' | 'postgres'): Migration[] {
  const folder = new URL(`./migrations/${dialect}/`, import.meta.url);
  return readdirSync(folder)
    .filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file))
    .sort()
    .map((file) => ({ name: file.replace(/\.sql$/, ''), sql: readFileSync(new URL(file, folder), 'utf8') }));
}

/** Throws DatabaseUnusableError if the database has migrations that this program lacks. */
export function assertNotNewer(applied: readonly string[], shipped: readonly Migration[]): void {
  const unknown = applied.filter((name) => !shipped.some((migration) => migration.name === name));
  if (unknown.length > 0) {
    throw new DatabaseUnusableError(
      `The database is newer than this program (it has ${unknown.join(', ')}). Start the newer version, or restore a backup made before the upgrade.`,
    );
  }
}
