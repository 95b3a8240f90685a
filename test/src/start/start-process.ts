import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, vi } from 'vitest';
import { compileCache } from '#src/start/child.ts';
import { readPidfile } from '#src/start/redis/pidfile.ts';
import { freePort } from '#src/start/redis/probe.ts';
import { childrenOf, stillRunning } from './process-tree.ts';

const entry = fileURLToPath(new URL('../../../src/start.ts', import.meta.url));
/** A busy machine needs a long time to start five processes. */
export const longWait = { timeout: 45_000, interval: 50 };

/** An empty folder to start in, and free ports. */
export interface StartFolder {
  readonly cwd: string;
  readonly apiUrl: string;
  readonly simulatorUrl: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The process that `npm start` runs. */
export interface Started {
  readonly pid: number;
  readonly output: { readonly out: string; readonly err: string };
  /** Resolves with the exit code once the process has ended and closed its output. */
  readonly ended: Promise<number | null>;
  /** Waits until the service is ready. Returns the ids of its processes: its own first, that of Redis last. */
  ready(): Promise<readonly number[]>;
  untilOutput(text: string | RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

export async function makeFolder(): Promise<StartFolder> {
  const cwd = mkdtempSync(join(tmpdir(), 'ghostifi-start-'));
  const [port, simulatorPort] = [String(await freePort()), String(await freePort())];
  onTestFinished(async () => {
    const redis = readPidfile(join(cwd, 'data', 'redis'));
    if (redis && stillRunning([redis.pid]).length > 0) process.kill(redis.pid, 'SIGKILL');
    await vi.waitFor(() => rmSync(cwd, { recursive: true, force: true }), longWait);
  });
  return {
    cwd,
    apiUrl: `http://127.0.0.1:${port}`,
    simulatorUrl: `http://127.0.0.1:${simulatorPort}`,
    env: { PORT: port, SIMULATOR_PORT: simulatorPort, SIMULATOR_BOOT_SECONDS: '0.2', SHUTDOWN_GRACE_SECONDS: '5' },
  };
}

/** Runs `node src/start.ts` in the folder; it is killed at the end of the test. */
export function start(folder: StartFolder, env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [entry], {
    cwd: folder.cwd,
    env: { PATH: process.env.PATH, ...compileCache, ...folder.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.err += text;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const pid = child.pid ?? 0;
  const untilOutput = (text: string | RegExp) =>
    vi.waitFor(() => expect(output.out, output.err).toMatch(text), longWait);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    pid,
    output,
    ended,
    untilOutput,
    ready: async () => {
      await untilOutput('GhostiFi is running.');
      const parts = [pid, ...childrenOf(pid).map((child) => child.pid)];
      onTestFinished(() => {
        for (const left of stillRunning(parts)) process.kill(left, 'SIGKILL');
      });
      return parts;
    },
    signal: (name) => void child.kill(name),
  };
}

/** The id of the child process with this name. */
export function partOf(started: Started, name: string): number {
  const part = childrenOf(started.pid).find(({ command }) => command.includes(name));
  if (!part) throw new Error(`No ${name} runs: ${JSON.stringify(childrenOf(started.pid))}`);
  return part.pid;
}

/** Waits until none of them runs. */
export async function expectGone(pids: readonly number[]): Promise<void> {
  await vi.waitFor(() => expect(stillRunning(pids)).toEqual([]), longWait);
}
