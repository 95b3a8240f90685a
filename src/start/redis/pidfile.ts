import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '#src/start/replace-file.ts';

/** The Redis that runs in a folder: its process, its port, and the process that started it. */
export type Pidfile = { pid: number; port: number; owner: number; container: string | null };

/** The folder's pidfile; null if there is none, or if it is not readable. */
export function readPidfile(dir: string): Pidfile | null {
  try {
    const value: Partial<Record<keyof Pidfile, unknown>> = JSON.parse(readFileSync(fileIn(dir), 'utf8'));
    const { pid, port, owner, container } = value;
    if (!isId(pid) || !isId(port) || !isId(owner)) return null;
    return { pid, port, owner, container: typeof container === 'string' ? container : null };
  } catch {
    return null;
  }
}

export function writePidfile(dir: string, { pid, port, owner, container }: Pidfile): void {
  replaceFile(fileIn(dir), JSON.stringify({ pid, port, owner, container }));
}

export function removePidfile(dir: string): void {
  rmSync(fileIn(dir), { force: true });
}

/** Whether a process of this machine is alive, also if it belongs to another user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function fileIn(dir: string): string {
  return join(dir, 'redis-server.json');
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
