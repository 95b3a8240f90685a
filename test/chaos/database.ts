import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openDatabase } from '#db/open.ts';
import { type Dump, dumpOf } from '../db/conformance/fixture.ts';
import type { Installation } from './installation.ts';

const holder = fileURLToPath(new URL('lock-holder.ts', import.meta.url));

type DatabaseAddress = Pick<Installation, 'databaseUrl'>;

/** Every row that there is now. */
export async function rowsOf({ databaseUrl }: DatabaseAddress): Promise<Dump> {
  const database = await openDatabase(databaseUrl);
  try {
    return await dumpOf(database);
  } finally {
    await database.close();
  }
}

/** Where SQLite keeps it; its WAL stands beside it. */
export function databaseFileOf({ databaseUrl }: DatabaseAddress): string {
  return databaseUrl.slice('file:'.length);
}

/**
 * Another process gets SQLite's write lock `withinMs` and holds it; rejects where it does not get it. Resolves with how late
 * that process itself was at worst, in ms: it has nothing to do but wait, so that is the computer's part in all others' delays.
 */
export async function holdWriteLock(
  address: DatabaseAddress,
  { ms, withinMs }: { ms: number; withinMs: number },
): Promise<number> {
  const args = [holder, databaseFileOf(address), String(ms), String(withinMs)];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
}
