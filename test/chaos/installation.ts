import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '../redis.ts';
import { secretsKey } from '../secrets-key.ts';
import { createTraps, type TrapOptions, type Trapped, type Traps } from './command-kills.ts';
import { fixedPort } from './fixed-port.ts';
import { createPart, type Part } from './managed-process.ts';
import { type RedisProxy, startRedisProxy } from './redis-proxy.ts';
import type { DatabasePlace, Setting } from './setting.ts';
import { openShop, type Shop } from './shop.ts';
import { openSimulatedCloud, type SimulatedCloud } from './simulated-cloud.ts';

/** The whole service as real processes: an API, workers, a simulated cloud and a Redis of its own. */
export interface Installation {
  readonly folder: string;
  readonly databaseUrl: string;
  readonly database: DatabasePlace;
  readonly api: Part;
  /** All of them; `api` is the first. */
  readonly apis: readonly Part[];
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

const secret = 'chaos-secret-of-at-least-24-characters';

/** Every part started and ready. Throws where one is not; what was started is ended before. */
export async function startInstallation(setting: Setting = {}, runsAtOnce = 1): Promise<Installation> {
  const site = await chooseSite(setting);
  const [simulator, api] = [simulatorOf(site), await apiOf(site, 1)];
  const apis = [api];
  while (apis.length < (setting.apis ?? 1)) apis.push(await apiOf(site, apis.length + 1));
  const workers: Part[] = [];
  const addWorker = async () => {
    const part = await workerOf(site, workers.length + 1);
    workers.push(part);
    return part;
  };
  for (let count = 0; count < (setting.workers ?? 2) * runsAtOnce; count++) await addWorker();
  const { folder, databaseUrl, database, redis, simulatorUrl, traps } = site;
  const cloud = openSimulatedCloud(`${simulatorUrl}/_sim`);
  const startAll = async () => {
    await simulator.start();
    await Promise.all([...apis, ...workers].map((part) => part.start()));
  };
  const close: Installation['close'] = async ({ keep }) => {
    await Promise.all([...apis, ...workers].map((part) => part.kill9()));
    await simulator.kill9();
    await Promise.all(site.proxies.map((proxy) => proxy.close()));
    await redis.stop();
    await database.close();
    if (!keep) rmSync(folder, { recursive: true, force: true });
  };
  await startAll().catch(async (error: unknown) => {
    await close({ keep: true });
    throw error;
  });
  return {
    ...{
      folder,
      databaseUrl,
      database,
      api,
      apis,
      workers,
      simulator,
      redis,
      cloud,
      apiUrl: api.url,
      simulatorUrl,
      addWorker,
      close,
    },
    shop: openShop(
      apis.map(({ url }) => url),
      secret,
    ),
    workerOf: (client) => workers.find(({ pid }) => client.endsWith(`-${pid})`)) ?? null,
    trap: traps.set,
    cutConnections: () => {
      for (const proxy of site.proxies) proxy.cut();
    },
    heal: async () => {
      traps.clear();
      redis.resume();
      if (!redis.isRunning) await redis.restart();
      await cloud.clearFaults().catch(() => undefined);
      await startAll();
      await cloud.clearFaults();
    },
  };
}

/** Where everything is, before anything but Redis runs. */
interface Site {
  readonly setting: Setting;
  readonly folder: string;
  readonly databaseUrl: string;
  readonly database: DatabasePlace;
  readonly redis: TestRedis;
  readonly simulatorPort: number;
  readonly simulatorUrl: string;
  readonly traps: Traps;
  readonly proxies: RedisProxy[];
}

async function chooseSite(setting: Setting): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-chaos-'));
  const database = (await setting.database?.(folder)) ?? fileIn(folder);
  const redis = await startTestRedis({ appendOnly: setting.appendOnly ?? true });
  const simulatorPort = await fixedPort();
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`;
  const made = { traps: createTraps(), proxies: [] };
  return {
    setting,
    folder,
    databaseUrl: database.url,
    database,
    redis,
    simulatorPort,
    simulatorUrl,
    ...made,
  };
}

function fileIn(folder: string): DatabasePlace {
  return { url: `file:${folder}/chaos.db`, close: async () => undefined };
}

const path = { PATH: process.env.PATH ?? '' };
const hetznerKey = 'chaos-key-of-sixteen-letters';
const secrets = { ...path, SECRETS_KEY: secretsKey };

function simulatorOf({ setting, folder, simulatorPort, simulatorUrl }: Site): Part {
  return createPart({
    ...{ name: 'simulator', program: 'simulator', folder, url: simulatorUrl },
    env: {
      ...{ ...path, SIMULATOR_PORT: String(simulatorPort), LOG_LEVEL: 'warn' },
      ...{ SIMULATOR_DATA: join(folder, 'simulator.json'), SIMULATOR_BOOT_SECONDS: '0.5', SIMULATOR_VPN_SECONDS: '0' },
      ...{ SIMULATOR_CREATE_MS: '50', SIMULATOR_LOCK_SECONDS: '0' },
      ...{ SIMULATOR_API_KEY: `simulator,${hetznerKey}`, ...setting.simulatorEnv },
    },
    untilReady: (signal) => answers(`${simulatorUrl}/livez`, signal),
  });
}

async function apiOf(site: Site, number: number): Promise<Part> {
  const { setting, folder, databaseUrl } = site;
  const port = await fixedPort();
  const url = `http://127.0.0.1:${port}`;
  const part: Part = createPart({
    ...{ name: number === 1 ? 'api' : `api-${number}`, program: 'api', folder, url },
    env: {
      ...{ ...secrets, DATABASE_URL: databaseUrl, REDIS_URL: await redisUrlFor(site, 'api', () => part) },
      ...{ PORT: String(port), API_TOKENS: `chaos:operator:${secret}` },
      ...{ RATE_LIMIT_PER_MINUTE: '1000000', RATE_LIMIT_PER_ADDRESS: '1000000' },
      ...(setting.cloud && { CLOUD: setting.cloud, DEFAULT_PLAN: 'cx23' }),
      ...setting.apiEnv,
    },
    untilReady: (signal) => answers(`${url}/readyz`, signal),
  });
  return part;
}

async function workerOf(site: Site, number: number): Promise<Part> {
  const { setting, folder, databaseUrl, simulatorUrl } = site;
  const port = await fixedPort();
  const url = `http://127.0.0.1:${port}`;
  const part: Part = createPart({
    ...{ name: `worker-${number}`, program: 'worker', folder, url, wrapper: setting.workerWrapper ?? [] },
    env: {
      ...{ ...secrets, DATABASE_URL: databaseUrl, REDIS_URL: await redisUrlFor(site, 'workers', () => part) },
      ...{
        DNS: 'cloudflare',
        CLOUDFLARE_API_URL: `${simulatorUrl}/cloudflare/client/v4`,
        CLOUDFLARE_API_TOKEN: 'simulator',
      },
      ...{ SIMULATOR_URL: `${simulatorUrl}/v2`, INSTALLATION: 'chaos', REBUILD_GRACE_SECONDS: '2' },
      ...{ WORKER_CONCURRENCY: String(setting.concurrency ?? 20), WORKER_PORT: String(port) },
      ...(setting.cloud && { CLOUD: setting.cloud, HETZNER_API_URL: `${simulatorUrl}/hetzner/v1` }),
      ...{ HETZNER_API_KEY: hetznerKey, VPN_PROBE_AT: `127.0.0.1:${new URL(simulatorUrl).port}`, ...setting.workerEnv },
    },
    untilReady: (signal) => answers(`${url}/livez`, signal),
  });
  return part;
}

async function redisUrlFor(site: Site, among: TrapOptions['among'], part: () => Part): Promise<string> {
  const { setting, redis, traps, proxies } = site;
  if (!setting.proxied) return redis.url;
  const proxy = await startRedisProxy(redis.port, (words) => traps.look(part(), among, words));
  proxies.push(proxy);
  return proxy.url;
}

async function answers(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
    if (answer?.ok) return;
    signal.throwIfAborted();
    await delay(50);
  }
}
