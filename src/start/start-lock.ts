import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isNoSpace } from '#db/errors.ts';
import { isAlive } from './redis/pidfile.ts';
import { StartError } from './start-error.ts';

export interface Claim {
  /** True if an earlier start was killed here. The processes that it started may need a moment to end. */
  readonly leftBehind: boolean;
  release(): void;
}

/**
 * Claims the data folder for this process. Takes over the lock of a process that is gone. Throws StartError if another
 * process holds the lock, or if the folder cannot be used.
 */
export function claimFolder(dataDir: string): Claim {
  const file = join(dataDir, 'start.pid');
  const release = () => rmSync(file, { force: true });
  orStartError(dataDir, () => mkdirSync(dataDir, { recursive: true, mode: 0o700 }));
  if (orStartError(dataDir, () => isClaimed(file))) return { leftBehind: false, release };
  const owner = Number(readFileSync(file, 'utf8'));
  if (isOtherProcess(owner)) throw taken(dataDir, owner);
  release();
  if (isClaimed(file)) return { leftBehind: true, release };
  throw taken(dataDir, Number(readFileSync(file, 'utf8')));
}

/** Uses a link, which never replaces a file, so that the lock never exists without its content. */
function isClaimed(file: string): boolean {
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

function isOtherProcess(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 0 && pid !== process.pid && isAlive(pid);
}

function orStartError<R>(dataDir: string, use: () => R): R {
  try {
    return use();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const cure = isNoSpace(cause) ? 'Free some space on its disk' : 'Make it writable';
    throw new StartError(`The folder ${dataDir} cannot be used (${why}). ${cure}, then start again.`, { cause });
  }
}

function taken(dataDir: string, owner: number): StartError {
  return new StartError(
    `GhostiFi is running here already (process ${owner}). Use that one, or stop it with: kill ${owner}. If process ${owner} is another program, delete ${join(dataDir, 'start.pid')}.`,
  );
}
