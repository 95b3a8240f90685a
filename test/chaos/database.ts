import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openDatabase } from '#db/open.ts';
import { type Dump, dumpOf } from '../db/conformance/fixture.ts';
import type { Installation } from './installation.ts';

const holder = fileURLToPath(new URL('lock-holder.ts', import.meta.url));

type DatabaseAddress = Pick<Installation, 'databaseUrl'>;

/** Every row of the database now. */
export async function rowsOf({ databaseUrl }: DatabaseAddress): Promise<Dump> {
  const database = await openDatabase(databaseUrl);
  try {
    return await dumpOf(database);
  } finally {
    await database.close();
  }
}

/** The SQLite file. Its WAL is beside it. */
export function databaseFileOf({ databaseUrl }: DatabaseAddress): string {
  return databaseUrl.slice('file:'.length);
}

/**
 * Another process takes SQLite's write lock and holds it for `ms`. Rejects if it does not get the lock `withinMs`.
 * Resolves with the largest delay of that process's own event loop, in ms. The process is idle, so its delay is the
 * computer's share in the delays of all other processes.
 */
export async function holdWriteLock(
  address: DatabaseAddress,
  { ms, withinMs }: { ms: number; withinMs: number },
): Promise<number> {
  const args = [holder, databaseFileOf(address), String(ms), String(withinMs)];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
}
