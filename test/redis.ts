import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type OwnRedis, type RedisOptions, startRedis } from '#src/start/redis/redis.ts';

/** A temporary Redis for one test file. stop() removes all of it. */
export type TestRedis = {
  url: string;
  port: number;
  /** The folder of its files. */
  dataDir: string;
  /** Its process id, which restart() changes. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** FLUSHALL: deletes all data. */
  flush(): Promise<void>;
  /** SIGSTOP: keeps its connections and answers no command until resume(). */
  pause(): void;
  resume(): void;
  /** SIGKILL. restart() starts it again. */
  kill9(): Promise<void>;
  /** Starts it again with the same port and folder. Stops a running one first. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts a redis-server on a free port, in a temporary folder. With appendOnly its data survives kill9(). */
export async function startTestRedis({ appendOnly = false } = {}): Promise<TestRedis> {
  const dataDir = mkdtempSync(join(tmpdir(), 'ghostifi-redis-'));
  const start = (port?: number) => startSupervised({ dataDir, appendOnly, detached: false, ...(port && { port }) });
  let server = await start();
  const { url, port } = server.redis;
  return {
    url,
    port,
    dataDir,
    get pid() {
      return server.redis.pid;
    },
    get isRunning() {
      return server.isRunning();
    },
    flush: async () => void (await withRedis({ url }, (redis) => redis.flushall())),
    pause: () => server.redis.signal('SIGSTOP'),
    resume: () => server.redis.signal('SIGCONT'),
    kill9: () => server.kill(),
    restart: async () => {
      await server.end();
      server = await start(port);
    },
    stop: async () => {
      await server.kill();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

type Supervised = { redis: OwnRedis; isRunning(): boolean; end(): Promise<void>; kill(): Promise<void> };

async function startSupervised(options: RedisOptions): Promise<Supervised> {
  const ended = Promise.withResolvers<void>();
  let running = true;
  ended.promise.then(() => {
    running = false;
  });
  const redis = await startRedis({ ...options, onExit: () => ended.resolve() });
  const watchdog = watch(redis.pid, options.dataDir);
  ended.promise.then(() => watchdog.kill('SIGKILL'));
  return {
    redis,
    isRunning: () => running,
    end: async () => {
      await redis.stop();
      ended.resolve();
    },
    kill: async () => {
      redis.signal('SIGKILL');
      await ended.promise;
    },
  };
}

/** Removes the server and its folder when the test process exits without stop(), even after kill -9. */
export function watch(pid: number, dataDir: string): ChildProcess {
  const script = 'cat; kill -9 "$0"; rm -rf "$1"';
  return spawn('sh', ['-c', script, String(pid), dataDir], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
}

/** Opens a connection and closes it after `use`. */
export async function withRedis<T>({ url }: { url: string }, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}
