/**
 * drizzle-orm, loaded as CommonJS. The ESM build costs 0.7 s and 190 MB per process on Node 22 and later, because Node
 * parses its 179 kB package.json again for each of its modules. The CommonJS build takes 0.1 s. Import it from here
 * only.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

const core = require('drizzle-orm') as typeof import('drizzle-orm');
export const {
  DrizzleQueryError,
  and,
  asc,
  count,
  desc,
  eq,
  exists,
  fillPlaceholders,
  getTableColumns,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  max,
  min,
  ne,
  not,
  notInArray,
  or,
  sql,
  sum,
} = core;

const sqliteCore = require('drizzle-orm/sqlite-core') as typeof import('drizzle-orm/sqlite-core');
const pgCore = require('drizzle-orm/pg-core') as typeof import('drizzle-orm/pg-core');

export { pgCore, sqliteCore };

/** Loaded on first use, so that a process loads one driver only. */
export function loadSqliteDriver(): typeof import('drizzle-orm/better-sqlite3') {
  return require('drizzle-orm/better-sqlite3');
}

export function loadPostgresDriver(): typeof import('drizzle-orm/node-postgres') {
  return require('drizzle-orm/node-postgres');
}

export type { SQL, SQLWrapper } from 'drizzle-orm';
export type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
export type { NodePgDatabase } from 'drizzle-orm/node-postgres';
export type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
