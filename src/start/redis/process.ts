import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { RedisCommand } from './command.ts';
import { RedisStartError } from './error.ts';
import { isAlive } from './pidfile.ts';

const pollMs = 250;

export type RedisExit = { code: number | null; signal: NodeJS.Signals | null };

/** A running redis-server: a child of this process, or left behind by an earlier one. */
export type RedisProcess = { pid: number; container: string | null; exited: Promise<RedisExit>; hasExited(): boolean };

/** Starts redis-server, with its output in redis.log in its folder. Rejects if the program cannot be run. */
export async function spawnRedis(command: RedisCommand, dir: string, detached: boolean): Promise<RedisProcess> {
  const log = openSync(join(dir, 'redis.log'), 'w', 0o600);
  try {
    const child = spawn(command.file, command.args, {
      cwd: dir,
      detached,
      stdio: ['ignore', log, log],
      ...(command.env === undefined ? {} : { env: command.env }),
    });
    return followChild(await spawned(child, command.file), child, command.container);
  } finally {
    closeSync(log);
  }
}

/** Follows a redis-server whose parent process is gone. */
export function followLeftBehind(pid: number, container: string | null): RedisProcess {
  const exited = new Promise<RedisExit>((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(pid)) return;
      clearInterval(timer);
      resolve({ code: null, signal: null });
    }, pollMs).unref();
  });
  return { pid, container, exited, hasExited: () => !isAlive(pid) };
}

/** Sends a signal to the server, through docker if it runs in a container. Does nothing if the server has exited. */
export function signalRedis({ pid, container, hasExited }: RedisProcess, signal: NodeJS.Signals): void {
  if (hasExited()) return;
  if (container !== null) spawnSync('docker', ['kill', '--signal', signal, container], { stdio: 'ignore' });
  else process.kill(pid, signal);
}

function followChild(pid: number, child: ChildProcess, container: string | null): RedisProcess {
  const hasExited = () => child.exitCode !== null || child.signalCode !== null;
  const exited = new Promise<RedisExit>((resolve) => {
    if (hasExited()) resolve({ code: child.exitCode, signal: child.signalCode });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return { pid, container, exited, hasExited };
}

function spawned(child: ChildProcess, file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', (cause) => {
      const what = `${file} cannot be run (${cause.message}). Run "node src/setup/ready.mjs" to find Redis again.`;
      reject(new RedisStartError('not-found', what, { cause }));
    });
  });
}
