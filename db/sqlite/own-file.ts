import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes an empty file (SQLite takes it for a new database) that only this user can read, and the folders that it lacks.
 * What exists keeps its mode: whoever set it had a reason. SQLite gives its -wal and -shm files the mode of the database.
 */
export function makeOwnFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
