import { readdirSync, readFileSync, statSync } from 'node:fs';

/** The resident memory of the process now, in MB. Throws if it has ended. */
export function memoryMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

/** The number of files, sockets and pipes that the process has open now. Throws if it has ended. */
export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The size of the WAL of an SQLite file, in MB. Throws if there is none. */
export function walMb(databaseFile: string): number {
  return statSync(`${databaseFile}-wal`).size / 2 ** 20;
}
