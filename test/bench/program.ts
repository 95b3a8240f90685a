import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';
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
  const log = openSync(logFile, 'a+');
  const child = spawn(command, args, { env: { PATH: process.env.PATH ?? '', ...env }, stdio: ['ignore', log, log] });
  const exited = once(child, 'exit').finally(() => closeSync(log));
  exited.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    until: async (event, withinMs = 60_000) => {
      const line = await lineWith(`"event":"${event}"`, { child, log, logFile, withinMs });
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
  readonly log: number;
  readonly logFile: string;
  readonly withinMs: number;
}

async function lineWith(part: string, { child, log, logFile, withinMs }: Reading): Promise<string> {
  const giveUpAt = performance.now() + withinMs;
  const block = Buffer.alloc(1 << 16);
  let [text, offset] = ['', 0];
  for (;;) {
    const hasExited = child.exitCode !== null || child.signalCode !== null;
    const found = text.split('\n').find((line) => line.includes(part) && line.endsWith('}'));
    if (found) return found;
    if (hasExited) throw new Error(`${child.spawnargs.join(' ')} ended before ${part}: ${text.slice(-600)}`);
    const read = readSync(log, block, 0, block.length, offset);
    // Only the last, unfinished line is kept.
    text = text.slice(text.lastIndexOf('\n') + 1) + block.toString('utf8', 0, read);
    offset += read;
    if (performance.now() > giveUpAt) throw new Error(`${logFile} has no ${part} after ${withinMs / 1000} s.`);
    if (read === 0) await delay(lookEveryMs);
  }
}
