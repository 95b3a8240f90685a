import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '../redis.ts';
import { fixedPort } from './fixed-port.ts';
import { createPart, type Part } from './part.ts';
import { type RedisProxy, startRedisProxy, type Words } from './redis-proxy.ts';
import { openShop, type Shop } from './shop.ts';
import { openSimulatedCloud, type SimulatedCloud } from './simulated-cloud.ts';

/** What a scenario wants to be different from the usual installation. */
export interface Setting {
  /** Worker processes for each run that goes on at the same time: 2. */
  readonly workers?: number;
  /** Of each worker: 20. */
  readonly concurrency?: number;
  readonly apiEnv?: Record<string, string>;
  readonly workerEnv?: Record<string, string>;
  readonly simulatorEnv?: Record<string, string>;
  /** Whether the queue outlives a killed Redis: yes. */
  readonly appendOnly?: boolean;
  /** Each process reaches Redis through a proxy that can hold commands and break connections. */
  readonly proxied?: boolean;
  /** Where the database is: an SQLite file in the installation's folder. */
  readonly databaseUrl?: (folder: string) => string | Promise<string>;
  /** Words before a worker's `node`, such as a tracer's. */
  readonly workerWrapper?: readonly string[];
}

/** The whole service as real processes: an API, workers, a simulated cloud and a Redis of its own. */
export interface Installation {
  readonly folder: string;
  readonly databaseUrl: string;
  readonly api: Part;
  readonly workers: readonly Part[];
  readonly simulator: Part;
  readonly redis: TestRedis;
  readonly shop: Shop;
  readonly cloud: SimulatedCloud;
  readonly apiUrl: string;
  readonly simulatorUrl: string;
  /** Adds a worker process, which is not started yet. */
  addWorker(): Promise<Part>;
  /** The worker that has this process id at the simulator, by what it calls itself there. */
  workerOf(client: string): Part | null;
  /** Kills the first process of these parts that sends Redis a command which fits. Only where `proxied`. */
  trap(trap: TrapOptions): Promise<Trapped>;
  /** Breaks every connection to Redis. Only where `proxied`. */
  cutConnections(): void;
  /** No faults any more, and every part runs. */
  heal(): Promise<void>;
  /** Ends everything; `keep` leaves folder and logs for people. */
  close(options: { keep: boolean }): Promise<void>;
}

export interface TrapOptions {
  readonly among: 'api' | 'workers';
  readonly fits: (words: Words) => boolean;
  /** Whether Redis still gets the command. */
  readonly reachesRedis: boolean;
  readonly withinMs?: number;
}

export interface Trapped {
  readonly part: Part;
  /** By `Date.now()`. */
  readonly at: number;
}

interface SetTrap extends TrapOptions {
  readonly sprung: (trapped: Trapped) => void;
}

const secret = 'chaos-secret-of-at-least-24-characters';
const trapWithinMs = 60_000;

export async function startInstallation(setting: Setting = {}, runsAtOnce = 1): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-chaos-'));
  const redis = await startTestRedis({ appendOnly: setting.appendOnly ?? true });
  const [apiPort, simulatorPort] = [await fixedPort(), await fixedPort()];
  const databaseUrl = (await setting.databaseUrl?.(folder)) ?? `file:${folder}/chaos.db`;
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`;
  const proxies: RedisProxy[] = [];
  const traps = new Set<SetTrap>();

  const redisUrlFor = async (among: TrapOptions['among'], part: () => Part): Promise<string> => {
    if (!setting.proxied) return redis.url;
    const proxy = await startRedisProxy(redis.port, (words) => {
      const trap = [...traps].find((set) => set.among === among && set.fits(words));
      if (!trap) return 'pass';
      traps.delete(trap);
      spring(part(), trap);
      return trap.reachesRedis ? 'pass' : 'keep';
    });
    proxies.push(proxy);
    return proxy.url;
  };
  const common = { PATH: process.env.PATH ?? '', DATABASE_URL: databaseUrl, LOG_LEVEL: 'info', CLOUD: 'simulator' };

  const simulator = createPart({
    ...{ name: 'simulator', program: 'simulator', folder },
    env: {
      ...{ PATH: process.env.PATH ?? '', SIMULATOR_PORT: String(simulatorPort), LOG_LEVEL: 'warn' },
      ...{ SIMULATOR_DATA: join(folder, 'simulator.json'), SIMULATOR_BOOT_SECONDS: '0.5' },
      ...{ SIMULATOR_CREATE_MS: '50', SIMULATOR_LOCK_SECONDS: '0', ...setting.simulatorEnv },
    },
    untilReady: (signal) => answers(`${simulatorUrl}/livez`, signal),
  });
  const api: Part = createPart({
    ...{ name: 'api', program: 'api', folder },
    env: {
      ...common,
      ...{
        PORT: String(apiPort),
        API_TOKENS: `chaos:operator:${secret}`,
        REDIS_URL: await redisUrlFor('api', () => api),
      },
      ...{ RATE_LIMIT_PER_MINUTE: '1000000', RATE_LIMIT_PER_ADDRESS: '1000000', ...setting.apiEnv },
    },
    untilReady: (signal) => answers(`http://127.0.0.1:${apiPort}/readyz`, signal),
  });
  const workers: Part[] = [];
  const addWorker = async (): Promise<Part> => {
    const port = await fixedPort();
    const part: Part = createPart({
      ...{ name: `worker-${workers.length + 1}`, program: 'worker', folder, wrapper: setting.workerWrapper ?? [] },
      env: {
        ...common,
        ...{ SIMULATOR_URL: `${simulatorUrl}/v2`, REDIS_URL: await redisUrlFor('workers', () => part) },
        ...{ WORKER_CONCURRENCY: String(setting.concurrency ?? 20), WORKER_PORT: String(port) },
        ...{ INSTALLATION: 'chaos', REBUILD_GRACE_SECONDS: '2', ...setting.workerEnv },
      },
      untilReady: (signal) => answers(`http://127.0.0.1:${port}/livez`, signal),
    });
    workers.push(part);
    return part;
  };
  for (let count = 0; count < (setting.workers ?? 2) * runsAtOnce; count++) await addWorker();

  const cloud = openSimulatedCloud(`${simulatorUrl}/_sim`);
  const startAll = async () => {
    await simulator.start();
    await Promise.all([api, ...workers].map((part) => part.start()));
  };
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const installation: Installation = {
    ...{ folder, databaseUrl, api, workers, simulator, redis, cloud, apiUrl, simulatorUrl, addWorker },
    shop: openShop(apiUrl, secret),
    workerOf: (client) => workers.find(({ pid }) => client.includes(`${hostname()}-${pid}`)) ?? null,
    trap: (options) => {
      const { promise, resolve, reject } = Promise.withResolvers<Trapped>();
      const set = { ...options, sprung: resolve };
      traps.add(set);
      const withinMs = options.withinMs ?? trapWithinMs;
      const late = setTimeout(() => {
        traps.delete(set);
        reject(new Error(`The trap for the ${options.among} was not sprung within ${withinMs / 1000} s.`));
      }, withinMs);
      return promise.finally(() => clearTimeout(late));
    },
    cutConnections: () => {
      for (const proxy of proxies) proxy.cut();
    },
    heal: async () => {
      traps.clear();
      redis.resume();
      if (!redis.isRunning) await redis.restart();
      await cloud.clearFaults().catch(() => undefined);
      await startAll();
      await cloud.clearFaults();
    },
    close: async ({ keep }) => {
      await Promise.all([api, ...workers].map((part) => part.kill9()));
      await simulator.kill9();
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await redis.stop();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await startAll();
    return installation;
  } catch (error) {
    await installation.close({ keep: true });
    throw error;
  }
}

/** A command that reaches Redis has to be on its way before the process is gone. */
const onItsWayMs = 5;

function spring(part: Part, { reachesRedis, sprung }: SetTrap): void {
  const kill = () => {
    if (part.pid > 0 && part.isRunning) process.kill(part.pid, 'SIGKILL');
    sprung({ part, at: Date.now() });
  };
  if (reachesRedis) setTimeout(kill, onItsWayMs);
  else kill();
}

async function answers(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
    if (answer?.ok) return;
    signal.throwIfAborted();
    await delay(50);
  }
}
