import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isNoSpace } from '#db/errors.ts';
import { type PidLock, takePidLock } from '#src/pid-lock.ts';
import { StartError } from './start-error.ts';

/**
 * Claims the data folder for this process. Takes over the lock of a process that is gone; the processes that it started
 * may need a moment to end. Throws StartError if another process holds the lock, or if the folder cannot be used.
 */
export function claimFolder(dataDir: string): PidLock {
  const file = join(dataDir, 'start.pid');
  const taken = orStartError(dataDir, () => {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return takePidLock(file);
  });
  if (typeof taken !== 'number') return taken;
  throw new StartError(
    `GhostiFi is running here already (process ${taken}). Use that one, or stop it with: kill ${taken}. If process ${taken} is another program, delete ${file}.`,
  );
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
