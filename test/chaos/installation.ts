import { rmSync } from 'node:fs';
import type { TestRedis } from '../redis.ts';
import type { SentinelGroup } from '../sentinels.ts';
import type { CommandKill, KilledProcess } from './command-kills.ts';
import { type InstallationContext, prepareContext } from './installation-context.ts';
import { apiProcess, operatorSecret, simulatorProcess, workerProcess } from './installation-processes.ts';
import type { ManagedProcess } from './managed-process.ts';
import type { ScenarioDatabase, Setting } from './setting.ts';
import { openShop, type Shop } from './shop.ts';
import { openSimulatedCloud, type SimulatedCloud } from './simulated-cloud.ts';

/** The whole service as real processes: an API, workers, a simulated cloud and a Redis of its own. */
export interface Installation {
  readonly folder: string;
  readonly databaseUrl: string;
  readonly database: ScenarioDatabase;
  readonly api: ManagedProcess;
  /** All API processes; `api` is the first. */
  readonly apis: readonly ManagedProcess[];
  readonly workers: readonly ManagedProcess[];
  readonly simulator: ManagedProcess;
  readonly redis: TestRedis;
  /** The same Redis if Sentinels watch it; otherwise null. */
  readonly sentinels: SentinelGroup | null;
  readonly shop: Shop;
  readonly cloud: SimulatedCloud;
  readonly apiUrl: string;
  readonly simulatorUrl: string;
  /** Adds a worker process without starting it. */
  addWorker(): Promise<ManagedProcess>;
  /** The worker whose process id is in this `client` of a simulator call, or null. */
  workerOf(client: string): ManagedProcess | null;
  /** Kills the first process that sends Redis a matching command. Needs `proxied`. */
  killOnCommand(kill: CommandKill): Promise<KilledProcess>;
  /** Breaks every connection to Redis. Needs `proxied`. */
  cutConnections(): void;
  /** Removes all faults and starts every process that is down. */
  heal(): Promise<void>;
  /** Ends every process. `keep` leaves the folder with logs and database. */
  close(options: { keep: boolean }): Promise<void>;
}

interface Processes {
  readonly simulator: ManagedProcess;
  readonly api: ManagedProcess;
  readonly apis: readonly ManagedProcess[];
  readonly workers: ManagedProcess[];
}

/** Starts every process and waits until all are ready. If one does not start, ends the others and throws. */
export async function startInstallation(setting: Setting = {}, runsAtOnce = 1): Promise<Installation> {
  const context = await prepareContext(setting);
  const processes = await createProcesses(context, runsAtOnce);
  const installation = installationOf(context, processes);
  await startAll(processes).catch(async (error: unknown) => {
    await installation.close({ keep: true });
    throw error;
  });
  return installation;
}

async function createProcesses(context: InstallationContext, runsAtOnce: number): Promise<Processes> {
  const { setting } = context;
  const [simulator, api] = [simulatorProcess(context), await apiProcess(context, 1)];
  const apis = [api];
  while (apis.length < (setting.apis ?? 1)) apis.push(await apiProcess(context, apis.length + 1));
  const processes: Processes = { simulator, api, apis, workers: [] };
  const workerCount = (setting.workers ?? 2) * runsAtOnce;
  for (let count = 0; count < workerCount; count++) await addWorker(context, processes);
  return processes;
}

async function addWorker(context: InstallationContext, { workers }: Processes): Promise<ManagedProcess> {
  const worker = await workerProcess(context, workers.length + 1);
  workers.push(worker);
  return worker;
}

async function startAll({ simulator, apis, workers }: Processes): Promise<void> {
  await simulator.start();
  await Promise.all([...apis, ...workers].map((process) => process.start()));
}

function installationOf(context: InstallationContext, processes: Processes): Installation {
  const { folder, database, redis, sentinels, simulatorUrl, kills, proxies } = context;
  const { simulator, api, apis, workers } = processes;
  const cloud = openSimulatedCloud(`${simulatorUrl}/_sim`);
  const apiUrls = apis.map(({ url }) => url);
  return {
    folder,
    databaseUrl: database.url,
    database,
    api,
    apis,
    workers,
    simulator,
    redis,
    sentinels,
    shop: openShop(apiUrls, operatorSecret),
    cloud,
    apiUrl: api.url,
    simulatorUrl,
    addWorker: () => addWorker(context, processes),
    workerOf: (client) => workers.find(({ pid }) => client.endsWith(`-${pid})`)) ?? null,
    killOnCommand: kills.arm,
    cutConnections: () => {
      for (const proxy of proxies) proxy.cut();
    },
    heal: async () => {
      kills.clear();
      redis.resume();
      if (!redis.isRunning) await redis.restart();
      // This fails if the simulator is down; the second call, after the start, must succeed.
      await cloud.clearFaultRules().catch(() => undefined);
      await startAll(processes);
      await cloud.clearFaultRules();
    },
    close: ({ keep }) => closeAll(context, processes, keep),
  };
}

async function closeAll(context: InstallationContext, processes: Processes, keep: boolean): Promise<void> {
  const { simulator, apis, workers } = processes;
  await Promise.all([...apis, ...workers].map((process) => process.kill9()));
  await simulator.kill9();
  await Promise.all(context.proxies.map((proxy) => proxy.close()));
  await context.redis.stop();
  await context.database.close();
  if (!keep) rmSync(context.folder, { recursive: true, force: true });
}
