import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { compileCache } from '#src/start/child.ts';

export interface WorkerHandle {
  readonly pid: number;
  /** Its log so far, one JSON object for each line. */
  readonly lines: readonly Record<string, unknown>[];
  kill9(): Promise<void>;
  /** Resolves once the process has exited for any reason. */
  ended(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
}

const fileOf = (name: string) => fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));

/** Starts a real worker process. Resolves once it takes jobs; rejects if it exits before that. */
export function spawnWorker(env: Record<string, string>): Promise<WorkerHandle> {
  return spawnProcess(fileOf('worker'), 'worker-ready', { INSTALLATION: 'test', ...env });
}

/** Starts a real API process. Resolves once it listens; rejects if it exits before that. */
export function spawnApi(env: Record<string, string>): Promise<WorkerHandle> {
  return spawnProcess(fileOf('api'), 'api-listening', env);
}

/** Resolves once the process has logged the event. */
async function spawnProcess(file: string, event: string, env: Record<string, string>): Promise<WorkerHandle> {
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'info', ...compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Record<string, unknown>[] = [];
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<void>();
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Record<string, unknown>;
    lines.push(line);
    if (line.event === event) ready.resolve();
  });
  exited.then(([code]) => ready.reject(new Error(`The process exited with ${code}: ${errors}`)));
  await ready.promise;
  return handleOf(child, lines, exited);
}

function handleOf(child: ChildProcess, lines: WorkerHandle['lines'], exited: Promise<unknown[]>): WorkerHandle {
  return {
    pid: child.pid ?? 0,
    lines,
    signal: (signal) => void child.kill(signal),
    ended: async () => void (await exited),
    kill9: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code as number | null;
    },
  };
}
