import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** One letter. Z is a process that has ended and whose exit code was not read. */
  readonly state: string;
  readonly command: string;
}

/** The running child processes of this one, with their commands. */
export function childrenOf(pid: number): readonly Process[] {
  return running().filter(({ parent }) => parent === pid);
}

/** The processes among these that still run. */
export function stillRunning(pids: readonly number[]): readonly number[] {
  const alive = new Set(running().map(({ pid }) => pid));
  return pids.filter((pid) => alive.has(pid));
}

/** A small Debian has no ps, and other systems have no /proc. */
function running(): readonly Process[] {
  return (existsSync('/proc/self/stat') ? fromProc() : fromPs()).filter(({ state }) => state !== 'Z');
}

function fromProc(): Process[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const [, state = '', parent] = /\) (\S) (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return [{ pid: Number(pid), parent: Number(parent), state, command }];
    } catch {
      // The process has just ended.
      return [];
    }
  });
}

function fromPs(): Process[] {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S)\S*\s+(.*)$/.exec(line) ?? [];
    return pid ? [{ pid: Number(pid), parent: Number(parent), state, command }] : [];
  });
}
