import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import type { CommandResult } from '#db/transactions/commands.ts';
import type { Purchased } from '#db/transactions/purchase.ts';
import type { Actor } from '#db/transactions/request.ts';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createPublisher, type Publisher } from '#queues/bullmq/publisher.ts';
import { createProducer, type Producer } from '#queues/producer.ts';
import { startSimulator } from '#src/simulator/start-simulator.ts';
import { startTestRedis, type TestRedis } from './redis.ts';
import { sealNewKeys, secretsKey } from './secrets-key.ts';
import { type SimulatorControl, simulatorControl } from './simulator-control.ts';
import { spawnWorker, type WorkerHandle } from './worker-process.ts';

const stripeKey = 'rk_test_simulator';

export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Everything that a flow needs: a database file, a Redis, a simulated cloud, the producer, and worker processes on
 * demand.
 */
export interface World extends SimulatorControl, Commands {
  readonly store: Store;
  readonly producer: Producer;
  readonly publisher: Publisher;
  readonly connection: QueueConnection;
  readonly redis: TestRedis;
  readonly databaseFile: string;
  readonly simulatorUrl: string;
  /** The settings of an API and of workers whose customers pay at the simulated Stripe, without webhooks. */
  readonly stripe: Readonly<Record<'STRIPE_API_KEY' | 'STRIPE_API_URL', string>>;
  startWorker(env?: Record<string, string>): Promise<WorkerHandle>;
  close(): Promise<void>;
}

interface Commands {
  buy(customer?: string): Promise<Purchased>;
  rebuild(serverId: string, location?: string): Promise<CommandResult>;
  suspend(serverId: string): Promise<CommandResult>;
  resume(serverId: string): Promise<CommandResult>;
  destroy(serverId: string): Promise<CommandResult>;
}

export interface WorldOptions {
  readonly bootMs?: number;
  readonly createMs?: number;
  readonly databaseUrl?: string;
  /** Whether the workers keep the names of servers at the simulated Cloudflare. */
  readonly dns?: boolean;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-world-'));
  const databaseFile = join(folder, 'test.db');
  const databaseUrl = options.databaseUrl ?? `file:${databaseFile}`;
  const redis = await startTestRedis({ appendOnly: true });
  const simulator = await startWorldSimulator(options);
  const store = createStore(await openDatabase(databaseUrl));
  const connection = openQueue(redis, quiet);
  const publisher = createPublisher(connection, () => new Date());
  const producer = createProducer({ store, connection, publisher, log: quiet });
  const workers = new Set<WorkerHandle>();
  return {
    ...simulatorControl(simulator.controlUrl),
    ...commandsOf(producer),
    store,
    producer,
    publisher,
    connection,
    redis,
    databaseFile,
    simulatorUrl: simulator.apiUrl('vultr'),
    stripe: { STRIPE_API_KEY: stripeKey, STRIPE_API_URL: simulator.apiUrl('stripe') },
    startWorker: async (env = {}) => {
      const worker = await spawnWorker({
        DATABASE_URL: databaseUrl,
        REDIS_URL: redis.url,
        SIMULATOR_URL: simulator.apiUrl('vultr'),
        SECRETS_KEY: secretsKey,
        ...(options.dns && dnsAt(simulator.apiUrl('cloudflare'))),
        ...env,
      });
      workers.add(worker);
      return worker;
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

function startWorldSimulator({ bootMs = 200, createMs = 20 }: WorldOptions): ReturnType<typeof startSimulator> {
  return startSimulator({
    host: '127.0.0.1',
    port: 0,
    dataFile: null,
    bootJitter: 0,
    vpnMs: 0,
    lockMs: 0,
    apiKeys: ['simulator', stripeKey],
    bootMs,
    createMs,
  });
}

function commandsOf(producer: Producer): Commands {
  const command = <R>() =>
    ({ idempotency: null, answer: () => null }) satisfies { idempotency: null; answer: (recorded: R) => unknown };
  const actor = (): Actor => ({ requestedBy: 'key:test', requestId: null, now: new Date() });
  let bought = 0;
  return {
    buy: async (customer = `customer-${++bought}`) => {
      const { recorded } = await producer.purchase(
        {
          customer,
          location: 'ewr',
          plan: 'vc2-1c-1gb',
          reference: null,
          provider: 'simulator',
          domain: 'vpn.test',
          maxServers: null,
          requestedBy: 'key:test',
          requestId: null,
          now: new Date(),
          sealNewKeys,
        },
        command<Purchased>(),
      );
      return present(recorded);
    },
    rebuild: async (serverId, location) =>
      present(
        (await producer.rebuild({ serverId, location: location ?? null }, actor(), command<CommandResult>())).recorded,
      ),
    suspend: async (serverId) =>
      present((await producer.suspend({ serverId, reason: 'past-due' }, actor(), command<CommandResult>())).recorded),
    resume: async (serverId) =>
      present((await producer.resume({ serverId }, actor(), command<CommandResult>())).recorded),
    destroy: async (serverId) =>
      present((await producer.destroy(serverId, actor(), command<CommandResult>())).recorded),
  };
}

function dnsAt(url: string): Record<string, string> {
  return { DNS: 'cloudflare', CLOUDFLARE_API_URL: url, CLOUDFLARE_API_TOKEN: 'simulator' };
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('The command returned an earlier answer.');
  return value;
}
