import SqliteConnection from 'better-sqlite3';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { migrationsOf } from '#db/migrations.ts';
import { jobKinds, jobStates, machineStates, serverStatuses } from '#db/model.ts';
import { deliveryStates, endpointStates } from '#db/news.ts';
import { openDatabase } from '#db/open.ts';
import { pgCore, sqliteCore } from '#db/orm.ts';
import { scheduleIntervals, weekdays } from '#db/schedules.ts';
import { noticeForms, noticeStates, purchaseSources, standings } from '#db/subscriptions.ts';
import { tablesOf } from '#db/tables.ts';
import { workerStates } from '#db/workers.ts';
import { postgresDialect, sqliteDialect } from './dialects.ts';

type Column = { readonly type: string; readonly notNull: boolean; readonly key: boolean };
type Schema = Record<string, Record<string, Column>>;

describe('the tables declared for queries equal those that the migrations make', () => {
  const sqlite = sqliteDialect();
  const postgres = postgresDialect();
  afterAll(async () => {
    await sqlite.stop();
    await postgres.stop();
  });

  test('on SQLite', async () => {
    const url = await sqlite.emptyDatabase();
    await (await openDatabase(url)).close();
    expect(schemaOfSqlite(url.slice('file:'.length))).toEqual(declared('sqlite'));
  });

  test.skipIf(postgres.missing !== null)('on Postgres', async () => {
    await postgres.start();
    const url = await postgres.emptyDatabase();
    await (await openDatabase(url)).close();
    expect(await schemaOfPostgres(url)).toEqual(declared('postgres'));
  });
});

test('both dialects have the same migrations, tables, constraints and indexes', () => {
  const neutral = (dialect: 'sqlite' | 'postgres') =>
    migrationsOf(dialect).map(({ name, sql }) => [name, withoutDialect(sql)]);
  expect(neutral('postgres')).toEqual(neutral('sqlite'));
});

test.each([
  ['status', serverStatuses],
  ['state', jobStates],
  ['state', machineStates],
  ['kind', jobKinds],
  ['source', purchaseSources],
  ['standing', standings],
  ['form', noticeForms],
  ['state', noticeStates],
  ['every', scheduleIntervals],
  ['weekday', weekdays],
  ['state', endpointStates],
  ['state', deliveryStates],
  ['state', workerStates],
])('the database accepts exactly the values of %s in the model: %j', (column, values) => {
  const check = `CHECK (${column} IN (${values.map((value) => `'${value}'`).join(', ')}))`;
  for (const dialect of ['sqlite', 'postgres'] as const)
    expect(
      migrationsOf(dialect)
        .map(({ sql }) => sql)
        .join(),
    ).toContain(check);
});

test('the migrations are numbered without a gap', () => {
  const { length } = migrationsOf('sqlite');
  const numbers = migrationsOf('sqlite').map(({ name }) => Number(name.slice(0, 4)));
  expect(numbers).toEqual(Array.from({ length }, (_, n) => n + 1));
});

function declared(dialect: 'sqlite' | 'postgres'): Schema {
  return Object.fromEntries(
    Object.values(tablesOf[dialect]).map((table) => {
      const { name, columns, primaryKeys } = configOf(table, dialect);
      const keys = primaryKeys.flatMap((key) => key.columns.map((column) => column.name));
      return [name, Object.fromEntries(columns.map((column) => [column.name, columnOf(column, keys)]))];
    }),
  );
}

/** Postgres's tables have the types of SQLite's. */
function configOf(table: SQLiteTable, dialect: 'sqlite' | 'postgres') {
  if (dialect === 'sqlite') return sqliteCore.getTableConfig(table);
  return pgCore.getTableConfig(table as unknown as PgTable);
}

function columnOf(
  column: { name: string; notNull: boolean; primary: boolean; getSQLType(): string },
  keys: readonly string[],
): Column {
  const type = column.getSQLType().replace('serial', 'integer');
  return { type, notNull: column.notNull, key: column.primary || keys.includes(column.name) };
}

function schemaOfSqlite(file: string): Schema {
  const connection = new SqliteConnection(file, { readonly: true });
  const rows = connection
    .prepare<[], { tableName: string; name: string; type: string; notnull_: number; pk: number }>(
      `SELECT t.name AS tableName, c.name, c.type, c."notnull" AS notnull_, c.pk FROM sqlite_master t, pragma_table_info(t.name) c
       WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name <> 'migrations'`,
    )
    .all();
  connection.close();
  return schemaOf(
    // A primary key of a STRICT table cannot be null, but table_info reports that only for the rowid.
    rows.map(({ tableName, name, type, notnull_, pk }) => [
      tableName,
      name,
      { type: type.toLowerCase(), notNull: notnull_ === 1 || pk > 0, key: pk > 0 },
    ]),
  );
}

async function schemaOfPostgres(url: string): Promise<Schema> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ table: string; name: string; type: string; notnull: boolean; key: boolean }>(
    `SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS notnull,
       COALESCE(a.attnum = ANY (i.indkey), false) AS key
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'migrations'`,
  );
  await client.end();
  return schemaOf(
    rows.map(({ table, name, type, notnull, key }) => [
      table,
      name,
      { type: type.replace('timestamp(', 'timestamp ('), notNull: notnull, key },
    ]),
  );
}

function schemaOf(columns: readonly (readonly [table: string, name: string, Column])[]): Schema {
  const schema: Schema = {};
  for (const [table, name, column] of columns) schema[table] = { ...schema[table], [name]: column };
  return schema;
}

function withoutDialect(sql: string): string {
  return sql
    .replaceAll(' STRICT;', ';')
    .replaceAll(/^SELECT setval\(.*\n/gm, '')
    .replaceAll('INTEGER PRIMARY KEY AUTOINCREMENT', 'SERIAL PRIMARY KEY')
    .replaceAll(/^CREATE VIEW [^;]*;\n/gm, '')
    .replaceAll(/^CREATE TRIGGER events_make_deliveries [\s\S]*?\nEND;\n/gm, '')
    .replaceAll(/^CREATE FUNCTION make_deliveries[\s\S]*?\$\$;\nCREATE TRIGGER events_make_deliveries [^;]*;\n/gm, '')
    .replaceAll(/^CREATE FUNCTION \w+\(\) RETURNS TRIGGER [^;]*;[^;]*;\n/gm, '')
    .replaceAll(/^(CREATE TRIGGER \w+ BEFORE (?:DELETE|UPDATE))(?: OR TRUNCATE)?( ON \w+) .*$/gm, '$1$2')
    .replaceAll(/CAST\(extract\(epoch FROM ([\w.]+)\) \* 1000 AS BIGINT\)/g, '$1')
    .replaceAll(/(INTEGER NOT NULL CHECK \((?:parked|paused|livemode) IN \(0, 1\)\)|BOOLEAN NOT NULL)/g, 'FLAG')
    .replaceAll(/WHERE parked( = 1)?;/g, 'WHERE parked;')
    .replaceAll(/((?:_at|_until|_since|_start|_end|\bsince|\bat))( +)(INTEGER|TIMESTAMPTZ\(3\))/g, '$1$2TIME')
    .replaceAll(/json_extract\(value, '\$\.(\w+)'\)/g, "value ->> '$1'")
    .replaceAll(/\b(detail|body|value|released|locations|types|may|scopes)( +)(TEXT|JSON)\b/g, '$1$2JSON')
    .replaceAll(/\b(amount|refunded|disputed|waited_ms|longest_ms)( +)(INTEGER|BIGINT)\b/g, '$1$2MONEY');
}
