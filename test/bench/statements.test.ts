import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collectPrepared, divide, fullScans, isSettle } from './statements.ts';

test('a trace is divided into committed transactions and single statements', () => {
  const trace = [
    'select 1',
    'BEGIN IMMEDIATE',
    'update "jobs" set',
    'COMMIT',
    'begin',
    'insert',
    'rollback',
    'select 2',
  ];
  const ran = divide(trace);
  expect(ran).toEqual({
    transactions: [['BEGIN IMMEDIATE', 'update "jobs" set', 'COMMIT']],
    alone: ['select 1', 'select 2'],
  });
  expect(ran.transactions.map(isSettle)).toEqual([true]);
  expect(isSettle(['begin', 'update "leases" set', 'commit'])).toBe(false);
});

let folder: string;
const file = () => join(folder, 'scans.db');
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-scans-'));
  const connection = new SqliteConnection(file());
  connection.exec(`CREATE TABLE jobs (id TEXT PRIMARY KEY, state TEXT, parked INTEGER);
    CREATE INDEX jobs_parked ON jobs (id) WHERE parked = 1; CREATE TABLE settings (name TEXT)`);
  connection.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a scan of a growing table is found, and a search and a scan of the settings are not', () => {
  const texts = ['SELECT * FROM jobs WHERE state = ?', 'SELECT * FROM jobs WHERE id = ?', 'SELECT * FROM settings'];
  expect(fullScans(file(), texts)).toEqual(['SCAN jobs in: SELECT * FROM jobs WHERE state = ?']);
});

test('a partial index that a placeholder makes useless counts as a scan', () => {
  const bound = 'SELECT state FROM jobs WHERE parked = ?';
  expect(fullScans(file(), [bound])).toEqual([`SCAN jobs in: ${bound}`]);
});

test('statements are collected with their placeholders until the end', () => {
  const prepared = collectPrepared();
  const connection = new SqliteConnection(file());
  connection.prepare('SELECT * FROM jobs WHERE id = ?').all('job-1');
  prepared.stop();
  connection.prepare('SELECT 1').all();
  connection.close();
  expect([...prepared.texts]).toEqual(['SELECT * FROM jobs WHERE id = ?']);
});
