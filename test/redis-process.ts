import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRedisRecord } from '#src/setup/record.mjs';
import { probe } from '#src/start/redis/probe.ts';
import { fixedPort } from './chaos/fixed-port.ts';
import { until } from './chaos/wait.ts';
import { watch } from './redis.ts';

/** A redis-server with settings of its own, such as a replica, a Redis in cluster mode, or a Sentinel. */
export interface RedisProcess {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  readonly isRunning: boolean;
  signal(signal: NodeJS.Signals): void;
  kill9(): Promise<void>;
  /** Starts it again, on the same port and in the same folder, with these settings. */
  restart(settings?: readonly string[]): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

interface RedisProcessOptions {
  /** As on the command line: `--cluster-enabled yes`. */
  readonly settings?: readonly string[];
  /** The lines of its configuration file, which it may write itself; makes it a Sentinel. */
  readonly sentinel?: readonly string[];
  readonly port?: number;
}

/** The reason why no such process can be started here; null if it can. */
export function whyNoRedisProcess(): string | null {
  return readRedisRecord()?.kind === 'binary' ? null : 'Redis runs in a container here, and this needs its program';
}

export async function startRedisProcess(options: RedisProcessOptions = {}): Promise<RedisProcess> {
  const { settings = [], sentinel, port = await fixedPort() } = options;
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-redis-process-'));
  const file = join(folder, 'redis.conf');
  const base = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, 'save ""'];
  writeFileSync(file, [...(sentinel ? base.slice(0, 3) : base), ...(sentinel ?? []), ''].join('\n'));
  const launch = (args: readonly string[]) => launchRedis(folder, [file, ...args, ...(sentinel ? ['--sentinel'] : [])]);
  let running = launch(settings);
  await untilAnswers(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    folder,
    get pid() {
      return running.pid;
    },
    get isRunning() {
      return running.isRunning();
    },
    signal: (signal) => running.signal(signal),
    kill9: () => running.kill9(),
    restart: async (changed = settings) => {
      await running.kill9();
      running = launch(changed);
      await untilAnswers(port);
    },
    stop: async () => {
      await running.kill9();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function launchRedis(folder: string, args: readonly string[]) {
  const record = readRedisRecord();
  if (record?.kind !== 'binary') throw new Error(`Skip: ${whyNoRedisProcess()}.`);
  const log = openSync(join(folder, 'redis.log'), 'a');
  const env = record.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: record.libraryPath };
  const child = spawn(record.path, args, { stdio: ['ignore', log, log], env });
  const pid = child.pid ?? 0;
  const watchdog = watch(pid, folder);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  child.on('exit', () => watchdog.kill('SIGKILL'));
  return {
    pid,
    isRunning,
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    kill9: async () => {
      if (!isRunning()) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** A Sentinel is `mute` for the probe, which asks for a setting that it does not have. */
async function untilAnswers(port: number): Promise<void> {
  await until(`a Redis on port ${port}`, async () => ['ready', 'mute'].includes((await probe(port)).state), 20_000);
}
