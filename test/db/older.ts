import { migrationsOf } from '#db/migrations.ts';
import type { Dialect } from './dialects.ts';

/** SQL that makes the database of an older version, which lacks the migrations from `name` on. */
export function upTo(name: string, { name: dialect }: Pick<Dialect, 'name'>): string {
  const older = migrationsOf(dialect).filter((migration) => migration.name < name);
  const applied = older.map((migration) => `INSERT INTO migrations VALUES ('${migration.name}', '2026-01-01');`);
  return [
    'CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL);',
    ...older.map(({ sql }) => sql),
    ...applied,
  ].join('\n');
}
