import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type PidLock, takePidLock } from '#src/pid-lock.ts';
import { DataFileError } from './data-file.ts';

/**
 * Claims the data file for this process: two simulators would overwrite each other's machines. Takes over the claim of
 * a process that is gone. Throws DataFileError.
 */
export function claimDataFile(file: string): PidLock {
  const taken = lockOf(file);
  if (typeof taken !== 'number') return taken;
  throw new DataFileError(
    `${file} is in use by another simulator (process ${taken}). Use that one, or set SIMULATOR_DATA to a file of your own. If process ${taken} is another program, delete ${file}.pid.`,
  );
}

function lockOf(file: string): PidLock | number {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return takePidLock(`${file}.pid`);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : String(error);
    throw new DataFileError(`${file} cannot be written (${why}): set SIMULATOR_DATA to a file of your own.`);
  }
}
