import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import type { CommandResult } from '#db/transactions/commands.ts';
import type { Purchased } from '#db/transactions/purchase.ts';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createPublisher, type Publisher } from '#queues/bullmq/publisher.ts';
import { createProducer, type Producer } from '#queues/producer.ts';
import { startSimulator } from '#src/simulator/start-simulator.ts';
import { startTestRedis, type TestRedis } from './redis.ts';
import { sealNewKeys, secretsKey } from './secrets-key.ts';

export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A machine as the simulator's control API shows it. */
export interface SimulatedMachine {
  readonly id: string;
  readonly label: string;
  readonly client: string;
  readonly state: string;
  readonly ipv4: string;
  readonly removedAt: string | null;
}

/** A record of the simulated DNS. */
export interface SimulatedRecord {
  readonly name: string;
  readonly type: string;
  readonly content: string;
}

export interface SimulatedCall {
  readonly seq: number;
  readonly operation: string;
  /** With its query. */
  readonly path: string;
  readonly label: string | null;
  readonly status: number | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export interface WorkerHandle {
  readonly pid: number;
  /** What it logged so far, a JSON object a line. */
  readonly lines: readonly Record<string, unknown>[];
  kill9(): Promise<void>;
  /** Resolves when it has ended by itself, or by somebody's hand. */
  ended(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
}

/** All that a story needs: a database file, a Redis, a simulated cloud, the producer, and worker processes on demand. */
export interface World {
  readonly store: Store;
  readonly producer: Producer;
  readonly publisher: Publisher;
  readonly connection: QueueConnection;
  readonly redis: TestRedis;
  readonly databaseFile: string;
  readonly simulatorUrl: string;
  startWorker(env?: Record<string, string>): Promise<WorkerHandle>;
  buy(customer?: string): Promise<Purchased>;
  rebuild(serverId: string, location?: string): Promise<CommandResult>;
  destroy(serverId: string): Promise<CommandResult>;
  /** Machines that exist at the simulator now. */
  machines(): Promise<SimulatedMachine[]>;
  /** DNS records that exist now. */
  records(): Promise<SimulatedRecord[]>;
  calls(): Promise<SimulatedCall[]>;
  concurrency(): Promise<{ current: number; max: number; clients: { client: string; max: number }[] }>;
  fault(rule: Record<string, unknown>): Promise<void>;
  close(): Promise<void>;
}

const workerFile = new URL('../src/worker.ts', import.meta.url).pathname;

/** With `dns`, its workers keep the names of servers at the simulated Cloudflare. */
export async function startWorld(
  options: { bootMs?: number; createMs?: number; databaseUrl?: string; dns?: boolean } = {},
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-world-'));
  const databaseFile = join(folder, 'test.db');
  const databaseUrl = options.databaseUrl ?? `file:${databaseFile}`;
  const redis = await startTestRedis({ appendOnly: true });
  const simulator = await startSimulator({
    ...{ host: '127.0.0.1', port: 0, dataFile: null, bootJitter: 0, vpnMs: 0, lockMs: 0, apiKeys: ['simulator'] },
    ...{ bootMs: options.bootMs ?? 200, createMs: options.createMs ?? 20 },
  });
  const store = createStore(await openDatabase(databaseUrl));
  const connection = openQueue(redis.url, quiet);
  const publisher = createPublisher(connection, () => new Date());
  const producer = createProducer({ store, connection, publisher, log: quiet });
  const workers = new Set<WorkerHandle>();
  const control = async (path: string): Promise<unknown> => (await fetch(`${simulator.controlUrl}${path}`)).json();
  const command = <R>() =>
    ({ idempotency: null, answer: () => null }) satisfies { idempotency: null; answer: (recorded: R) => unknown };
  const actor = () => ({ requestedBy: 'test', requestId: null, now: new Date() });
  let bought = 0;

  return {
    ...{ store, producer, publisher, connection, redis, databaseFile, simulatorUrl: simulator.vultrUrl },
    startWorker: async (env = {}) => {
      const worker = await spawnWorker({
        DATABASE_URL: databaseUrl,
        REDIS_URL: redis.url,
        SIMULATOR_URL: simulator.vultrUrl,
        SECRETS_KEY: secretsKey,
        ...(options.dns && dnsAt(simulator.cloudflareUrl)),
        ...env,
      });
      workers.add(worker);
      return worker;
    },
    buy: async (customer = `customer-${++bought}`) => {
      const { recorded } = await producer.purchase(
        {
          ...{
            customer,
            location: 'ewr',
            plan: 'vc2-1c-1gb',
            reference: null,
            provider: 'simulator',
            domain: 'vpn.test',
          },
          ...{ maxServers: null, requestedBy: 'test', requestId: null, now: new Date() },
          sealNewKeys,
        },
        command<Purchased>(),
      );
      return present(recorded);
    },
    rebuild: async (serverId, location) =>
      present((await producer.rebuild(serverId, location ?? null, actor(), command<CommandResult>())).recorded),
    destroy: async (serverId) =>
      present((await producer.destroy(serverId, actor(), command<CommandResult>())).recorded),
    machines: async () => {
      const { machines } = (await control('/machines')) as { machines: SimulatedMachine[] };
      return machines.filter(({ removedAt }) => removedAt === null);
    },
    records: async () => ((await control('/records')) as { records: SimulatedRecord[] }).records,
    calls: async () => ((await control('/calls')) as { calls: SimulatedCall[] }).calls,
    concurrency: async () => (await control('/concurrency')) as Awaited<ReturnType<World['concurrency']>>,
    fault: async (rule) => {
      const answer = await fetch(`${simulator.controlUrl}/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(rule),
      });
      if (!answer.ok) throw new Error(`The simulator refused the fault: ${await answer.text()}`);
    },
    close: async () => {
      await Promise.all([...workers].map((worker) => worker.kill9()));
      await connection.close();
      await store.close();
      await simulator.close();
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function dnsAt(url: string): Record<string, string> {
  return { DNS: 'cloudflare', CLOUDFLARE_API_URL: url, CLOUDFLARE_API_TOKEN: 'simulator' };
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('The command was answered from an earlier one.');
  return value;
}

/** A real worker process; resolves once it takes jobs. */
async function spawnWorker(env: Record<string, string>): Promise<WorkerHandle> {
  const child = spawn(process.execPath, [workerFile], {
    env: { PATH: process.env.PATH ?? '', INSTALLATION: 'test', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Record<string, unknown>[] = [];
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<void>();
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const entry = JSON.parse(line) as Record<string, unknown>;
    lines.push(entry);
    if (entry.event === 'worker-ready') ready.resolve();
  });
  exited.then(([code]) => ready.reject(new Error(`The worker ended with ${code}: ${errors}`)));
  await ready.promise;
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
