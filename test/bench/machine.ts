import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import { quantile } from './statistics.ts';

/** The kernel counts CPU time in hundredths of a second (USER_HZ). */
const ticksPerSecond = 100;

/** CPU seconds of a process with its threads; 0 once it has exited. */
export function cpuSecondsOf(pid: number): number {
  // The name in parentheses may contain spaces.
  const fields = readProc(`${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
}

/** The largest resident memory that the process has had, in MB; 0 once it has exited. */
export function peakMemoryMb(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readProc(`${pid}/status`))?.[1] ?? 0) / 1024;
}

export interface MachineCpu {
  /** CPU seconds of all processes together. */
  readonly used: number;
  /** CPU seconds that the hypervisor gave to others. */
  readonly steal: number;
}

export function machineCpu(): MachineCpu {
  const fields = readProc('stat').split('\n')[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return { used: (user + nice + system + irq + softirq) / ticksPerSecond, steal: steal / ticksPerSecond };
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}

export const cores = cpus().length;

/** The median time of an fdatasync of 4 kB in this folder, in ms. */
export function fdatasyncMs(folder: string, times = 50): number {
  const path = join(folder, 'fdatasync-probe');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(4096, 1);
  const took = Array.from({ length: times }, () => {
    writeSync(file, block);
    const startedAt = performance.now();
    fdatasyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  rmSync(path);
  return quantile(took, 0.5);
}

/** The lines that begin every report. `redisVersion` and `peers`: as found. */
export function describeMachine(folder: string, found: { redisVersion: string; peers: string }): string[] {
  const sqlite = new SqliteConnection(':memory:');
  const sqliteVersion = sqlite.prepare('SELECT sqlite_version()').pluck().get();
  sqlite.close();
  const load = loadavg().map((value) => value.toFixed(1));
  return [
    `${cores} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`,
    `Node ${process.versions.node}, SQLite ${sqliteVersion}, Redis ${found.redisVersion}; ${found.peers}`,
    `load ${load.join(' ')}, fdatasync of 4 kB p50 ${fdatasyncMs(folder).toFixed(2)} ms`,
  ];
}
