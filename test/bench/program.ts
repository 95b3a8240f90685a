import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A process whose output is a file of JSON lines, each with an `event`. */
export interface Program {
  readonly pid: number;
  /** The first line with this event. Rejects if the process exits before, or after the given time. */
  until(event: string, withinMs?: number): Promise<Readonly<Record<string, unknown>>>;
  /** SIGTERM, and SIGKILL after ten seconds. */
  stop(): Promise<void>;
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

const lookEveryMs = 5;
const stopWithinMs = 10_000;
const endWithParent = new URL(`../../src/start/end-with-parent.ts?parent=${process.pid}`, import.meta.url).href;

/** The arguments with which Node runs this file of the repository; it ends when the bench has gone. */
export function nodeArguments(file: string, args: readonly string[] = []): string[] {
  return ['--import', endWithParent, fileURLToPath(new URL(`../../${file}`, import.meta.url)), ...args];
}

export function startProgram({ command, args, env, logFile }: ProgramOptions): Program {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { env: { PATH: process.env.PATH ?? '', ...env }, stdio: ['ignore', log, log] });
  const killNow = () => child.kill('SIGKILL');
  process.once('exit', killNow);
  const exited = once(child, 'exit').finally(() => {
    process.off('exit', killNow);
    closeSync(log);
  });
  exited.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    until: async (event, withinMs = 60_000) => {
      const line = await lineWith(`"event":"${event}"`, { child, logFile, withinMs });
      return JSON.parse(line);
    },
    stop: async () => {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      await exited.catch(() => undefined);
      clearTimeout(kill);
    },
  };
}

interface Reading {
  readonly child: ChildProcess;
  readonly logFile: string;
  readonly withinMs: number;
}

async function lineWith(part: string, { child, logFile, withinMs }: Reading): Promise<string> {
  const giveUpAt = performance.now() + withinMs;
  const log = openSync(logFile, 'r');
  const block = Buffer.alloc(1 << 16);
  let rest = '';
  try {
    for (;;) {
      const hasExited = child.exitCode !== null || child.signalCode !== null;
      const read = readSync(log, block);
      const lines = (rest + block.toString('utf8', 0, read)).split('\n');
      rest = lines.pop() ?? '';
      const found = lines.find((line) => line.includes(part));
      if (found) return found;
      if (read > 0) continue;
      if (hasExited) throw new Error(`${child.spawnargs.join(' ')} ended without ${part}: ${tailOf(logFile)}`);
      if (performance.now() > giveUpAt) throw new Error(`${part} did not come within ${withinMs / 1000} s.`);
      await delay(lookEveryMs);
    }
  } finally {
    closeSync(log);
  }
}

function tailOf(logFile: string): string {
  return readFileSync(logFile, 'utf8').slice(-600);
}
