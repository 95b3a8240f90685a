import SqliteConnection from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asc, eq, type SQL, sql } from '#db/orm.ts';
import { drizzleOn } from '#db/sqlite/drizzle.ts';
import { migrateSqlite } from '#db/sqlite/migrate.ts';
import { tablesOf } from '#db/tables.ts';

const { settings } = tablesOf.sqlite;
const connection = new SqliteConnection(':memory:');
const db = drizzleOn(connection);
beforeAll(() => void migrateSqlite(connection));
afterAll(() => void connection.close());

const textOf = (query: { toSQL(): { sql: string } }) => query.toSQL().sql;

test('SQLite gets no value that could change the plan of a statement', () => {
  const named = db
    .select()
    .from(settings)
    .where(eq(settings.name, sql.placeholder('name')));
  expect(textOf(named)).toMatch(/"name" = \+\?$/);
  expect(textOf(db.select().from(settings).limit(1))).toMatch(/ limit 1$/);
  expect(textOf(db.update(settings).set({ updatedAt: new Date() }).where(eq(settings.name, 'a')))).not.toMatch(
    /[^+]\?/,
  );
});

test('The values arrive with their types, and a limit of a placeholder counts', () => {
  const now = new Date(1_000);
  for (const name of ['a', 'b', 'c'])
    db.insert(settings)
      .values({ name, value: [name], updatedAt: now })
      .run();
  const first = db.select().from(settings).orderBy(asc(settings.name)).limit(sql.placeholder('rows')).prepare();
  expect(first.all({ rows: 2 })).toEqual(['a', 'b'].map((name) => ({ name, value: [name], updatedAt: now })));
  expect(db.select().from(settings).limit(0).all()).toEqual([]);
  const types = db.get<{ types: string }>(typesOf(1, 'text', null));
  expect(types).toEqual({ types: 'real text null' });
});

function typesOf(...values: unknown[]): SQL {
  const each = values.map((value) => sql`typeof(${value})`);
  return sql`select ${sql.join(each, sql` || ' ' || `)} as types`;
}
