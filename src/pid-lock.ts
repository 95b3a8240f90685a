import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive } from './start/redis/pidfile.ts';

export interface PidLock {
  /** True if its last holder was killed. */
  readonly leftBehind: boolean;
  release(): void;
}

/**
 * Takes a lock, a file with the id of this process, from a process that is gone or from nobody. Returns the id of the
 * process that holds it instead. Throws the file system's error if the file cannot be written.
 */
export function takePidLock(file: string): PidLock | number {
  const release = () => rmSync(file, { force: true });
  if (isTaken(file)) return { leftBehind: false, release };
  const holder = holderOf(file);
  if (isOtherProcess(holder)) return holder;
  release();
  return isTaken(file) ? { leftBehind: true, release } : holderOf(file);
}

/** Uses a link, which never replaces a file, so that the lock never exists without its content. */
function isTaken(file: string): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${process.pid}\n`);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

function holderOf(file: string): number {
  return Number(readFileSync(file, 'utf8'));
}

function isOtherProcess(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 0 && pid !== process.pid && isAlive(pid);
}
