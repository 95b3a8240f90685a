import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const datedName = /^ghostifi-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.db$/;
/** The file of a backup that was killed. */
const partialName = /^ghostifi-[\d.TZ-]+\.db\.\d+\.partial(-journal|-wal|-shm)?$/;
/** No backup takes this long. */
const partialAfterMs = 24 * 60 * 60_000;

/** The path of a backup that is made at this time. The names sort by time. */
export function datedBackup(folder: string, at: Date): string {
  return join(folder, `ghostifi-${at.toISOString().replaceAll(':', '-')}.db`);
}

/** The paths of the dated backups in the folder, oldest first. */
export function datedBackups(folder: string): string[] {
  return namesIn(folder)
    .filter((name) => datedName.test(name))
    .toSorted()
    .map((name) => join(folder, name));
}

/** Deletes all dated backups but the newest, and what killed backups have left. Returns how many backups it deleted. */
export function pruneBackups(folder: string, keep: number): number {
  const old = datedBackups(folder).slice(0, -keep);
  for (const path of [...old, ...abandonedPartials(folder)]) rmSync(path, { force: true });
  return old.length;
}

function abandonedPartials(folder: string): string[] {
  const paths = namesIn(folder).flatMap((name) => (partialName.test(name) ? join(folder, name) : []));
  return paths.filter((path) => {
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Number.POSITIVE_INFINITY };
    return Date.now() - mtimeMs > partialAfterMs;
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
