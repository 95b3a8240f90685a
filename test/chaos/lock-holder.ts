import { setTimeout as delay } from 'node:timers/promises';
import SqliteConnection from 'better-sqlite3';
import { watchOwnDelay } from './own-delay.ts';

/**
 * `node lock-holder.ts <file> <ms> <within ms>` holds SQLite's write lock and prints its largest event loop delay in
 * ms.
 */
const [file = '', ms, withinMs] = process.argv.slice(2);
const connection = new SqliteConnection(file, { timeout: Number(withinMs) });
connection.exec('BEGIN IMMEDIATE');
const ownDelay = watchOwnDelay();
await delay(Number(ms));
process.stdout.write(String(ownDelay()));
connection.exec('ROLLBACK');
connection.close();
