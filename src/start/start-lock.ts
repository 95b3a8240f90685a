import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

/**
 * Claims the data folder for this process; returns what gives it back. Throws StartError while another start uses it.
 * The lock of a process that is gone is taken over.
 */
export function claimFolder(dataDir: string): () => void {
  makeFolder(dataDir);
  const file = join(dataDir, 'start.pid');
  const release = () => rmSync(file, { force: true });
  for (const isLastTry of [false, true]) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return release;
    } catch (error) {
      const owner = Number(readFileSync(file, 'utf8'));
      if (isLastTry || isAlive(owner)) throw taken(dataDir, owner, error);
      release();
    }
  }
  return release;
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (cause) {
    throw new StartError(`The folder ${dataDir} cannot be made (${String(cause)}). Make this folder writable.`, {
      cause,
    });
  }
}

function taken(dataDir: string, owner: number, cause: unknown): StartError {
  return new StartError(
    `GhostiFi is running here already (process ${owner} uses ${dataDir}). Use that one, or stop it with Ctrl-C or: kill ${owner}`,
    { cause },
  );
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
