import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Environment } from '#src/config/environment.ts';
import type { ChildName } from '#src/config/own-environment.ts';

export interface Child {
  readonly name: string;
  /** Sends SIGTERM, and SIGKILL after `graceMs`; resolves when the process has ended. */
  stop(graceMs: number): Promise<void>;
}

export interface ChildOptions {
  /** The name of its file in src/ and of its log lines. */
  readonly name: ChildName;
  readonly env: Environment;
  /** Receives each line of its log. */
  readonly onLine: (line: string) => void;
  /** Called once if it ends without `stop`. */
  readonly onCrash: (crash: Crash) => void;
}

export interface Crash {
  readonly name: string;
  /** For example `code 1` or `SIGKILL`. */
  readonly ending: string;
  /** The last 2000 characters of its standard error. */
  readonly lastOutput: string;
}

/** The variables of `npm run api` and `npm run worker`: less memory under load. docs/deploy.md has the figures. */
export const frugal = { MALLOC_ARENA_MAX: '2' } as const;
/** Node keeps the compiled modules there when a process ends; the next start takes half the CPU time. */
export const compileCache = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../.cache/compiled', import.meta.url)),
} as const;
const endWithParent = new URL(`./end-with-parent.ts?parent=${process.pid}`, import.meta.url).href;

/**
 * Starts a process in its own process group. A terminal's Ctrl-C then reaches only this process, which stops its
 * children in order. A child also ends when this process is killed.
 */
export function startChild({ name, env, onLine, onCrash }: ChildOptions): Child {
  const file = fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', endWithParent, file], {
    env: { ...frugal, ...compileCache, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let lastOutput = '';
  let stopping = false;
  forEachLine(child.stdout, onLine);
  forEachLine(child.stderr, (line) => {
    lastOutput = `${lastOutput}${line}\n`.slice(-2_000);
  });
  const ended = once(child, 'close');
  ended.then(([code, signal]) => {
    if (!stopping) onCrash({ name, ending: signal ?? `code ${code}`, lastOutput: lastOutput.trim() });
  });
  return {
    name,
    stop: async (graceMs) => {
      stopping = true;
      await end(child, ended, graceMs);
    },
  };
}

async function end(child: ChildProcess, ended: Promise<unknown>, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const late = delay(graceMs, 'late', { ref: false });
  if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL');
  await ended;
}

function forEachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}
