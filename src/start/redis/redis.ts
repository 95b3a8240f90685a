import { accessSync, constants, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type RedisRecord, readRedisRecord } from '#src/setup/record.mjs';
import { folderFault, RedisStartError } from './error.ts';
import { type LaunchOptions, launchRedis, type RunningRedis } from './launch.ts';
import { findLeftBehind } from './left-behind.ts';
import { removePidfile, writePidfile } from './pidfile.ts';
import { type RedisExit, signalRedis } from './process.ts';

const stopWithinMs = 10_000;

export type RedisOptions = {
  /** Redis stores its files in the subfolder `redis`, which is created if missing. */
  dataDir: string;
  /** Default: the one that set-up found on this machine. */
  record?: RedisRecord;
  /** Default: any free port. A Redis that was left behind keeps its port. */
  port?: number;
  /** Whether the data survives an exit, in an append-only file that is synced every second. Default: yes. */
  appendOnly?: boolean;
  /** Whether it has its own process group, which a terminal's Ctrl-C does not reach. Default: yes. */
  detached?: boolean;
  /** Called if Redis starts empty because its file was damaged; receives the path that the file was moved to. */
  onDamaged?: (setAside: string) => void;
  /** Called once if it exits without `stop`. */
  onExit?: (exit: RedisExit) => void;
};

/** The installation's own redis-server, on loopback. */
export type OwnRedis = {
  url: string;
  port: number;
  pid: number;
  /** True if an earlier process left it behind and this process took it over. */
  reused: boolean;
  /** Sends a signal to the server, also if it runs in a container. */
  signal(name: NodeJS.Signals): void;
  /** Sends SIGTERM, and SIGKILL after ten seconds. Resolves at the exit; a second call waits for the same exit. */
  stop(): Promise<void>;
};

/**
 * Starts a redis-server in `<dataDir>/redis`, or takes over the one that a killed process left running there.
 * Resolves when it answers. Throws RedisStartError, whose message says what to do.
 */
export async function startRedis(options: RedisOptions): Promise<OwnRedis> {
  const record = options.record ?? readRedisRecord();
  if (record === null) throw notSetUp();
  const dir = makeFolder(options.dataDir);
  const { port, appendOnly = true, detached = true } = options;
  const leftBehind = await findLeftBehind(dir);
  if (leftBehind !== null) writePidfile(dir, { ...leftBehind, owner: process.pid });
  const running =
    leftBehind ?? (await launchOrStartEmpty({ record, dir, port, appendOnly, detached }, options.onDamaged));
  return own(running, { dir, reused: leftBehind !== null, onExit: options.onExit });
}

/**
 * Redis repairs a file that ends too early, for example after a power cut. If it rejects the file for other damage, the
 * file is moved aside and Redis starts empty: every job is in the database.
 */
async function launchOrStartEmpty(options: LaunchOptions, onDamaged: RedisOptions['onDamaged']): Promise<RunningRedis> {
  try {
    return await launchRedis(options);
  } catch (error) {
    if (!(error instanceof RedisStartError) || error.fault !== 'damaged') throw error;
    const [files, aside] = [join(options.dir, 'appendonlydir'), join(options.dir, 'appendonlydir.damaged')];
    rmSync(aside, { recursive: true, force: true });
    renameSync(files, aside);
    onDamaged?.(aside);
    return launchRedis(options);
  }
}

type Owned = { dir: string; reused: boolean; onExit: RedisOptions['onExit'] };

function own(running: RunningRedis, { dir, reused, onExit }: Owned): OwnRedis {
  let ending: Promise<void> | null = null;
  running.exited.then((exit) => (ending === null ? onExit?.(exit) : undefined));
  const { port, pid } = running;
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid,
    reused,
    signal: (name) => signalRedis(running, name),
    stop: () => {
      ending ??= end(running, dir);
      return ending;
    },
  };
}

async function end(running: RunningRedis, dir: string): Promise<void> {
  signalRedis(running, 'SIGTERM');
  const deadline = new AbortController();
  const late = delay(stopWithinMs, 'late', { signal: deadline.signal }).catch(() => 'in time');
  const first = await Promise.race([running.exited, late]);
  deadline.abort();
  if (first === 'late') {
    signalRedis(running, 'SIGKILL');
    await running.exited;
  }
  removePidfile(dir);
}

function makeFolder(dataDir: string): string {
  const dir = resolve(join(dataDir, 'redis'));
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    accessSync(dir, constants.W_OK);
    return dir;
  } catch (cause) {
    throw folderFault(dir, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function notSetUp(): RedisStartError {
  const what = 'No redis-server is set up here';
  return new RedisStartError('not-found', `${what}. Run "node src/setup/ready.mjs", or set REDIS_URL.`);
}
