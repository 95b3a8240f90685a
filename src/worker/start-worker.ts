import type { Database } from '#db/database.ts';
import { createStore, type Store } from '#db/store.ts';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createPublisher, type Publisher } from '#queues/bullmq/publisher.ts';
import { type Clock, openClock } from '#queues/clock/clock.ts';
import { type ClockGuard, createClockGuard } from '#queues/clock/clock-guard.ts';
import { every, type Repeating } from '#queues/every.ts';
import { createDnsGate } from '#queues/gates/dns-gate.ts';
import { createProviderGate } from '#queues/gates/provider-gate.ts';
import type { Dns } from '#queues/ports/dns.ts';
import type { Provider } from '#queues/ports/provider.ts';
import type { Vpn } from '#queues/ports/vpn.ts';
import type { Gates } from '#queues/run/pauses.ts';
import { createQuarantine } from '#queues/run/quarantine.ts';
import { createMachineWatch } from '#queues/run/shared-listing.ts';
import { answerWithin } from '#queues/within.ts';
import { createWorker, type RunningWorker } from '#queues/worker.ts';
import type { WorkerConfig } from '#src/config/worker.ts';
import type { Logger } from '#src/log.ts';
import type { WorkerMetrics } from '#src/metrics/worker.ts';
import { failure, startBackground } from './background.ts';
import { createWorkerHealth, type WorkerHealth } from './health.ts';

export interface WorkerProcess {
  readonly health: WorkerHealth;
  /** Drains within the configured grace, then closes everything. */
  close(): Promise<void>;
}

export interface WorkerProcessDeps {
  readonly config: WorkerConfig;
  readonly database: Database;
  readonly provider: Provider;
  /** null: the service keeps no names. */
  readonly dns: Dns | null;
  readonly vpn: Vpn;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
}

const clockEveryMs = 1_000;
const backgroundStopsWithinMs = 2_000;

/** Everything that a worker process does: takes jobs, and what it does beside them. */
export async function startWorkerProcess(parts: WorkerProcessDeps): Promise<WorkerProcess> {
  const { config, log, metrics } = parts;
  const store = createStore(parts.database);
  const connection = openQueue(config.redisUrl, log);
  const clock = await openClock(store.readTime);
  const { now } = clock;
  const providerGate = createProviderGate(parts.provider, now);
  const dnsGate = parts.dns && createDnsGate(parts.dns, now);
  const services: WorkerServices = {
    store,
    connection,
    publisher: createPublisher(connection, now),
    clock,
    providerGate,
    dnsGate,
  };
  const { installation } = config;
  const background = startBackground({ ...services, installation, now, log, onReport: metrics.inventoryTaken });
  const worker = workerAt(services, parts);
  const { guard, looking } = await begin(worker, services, log);
  const health = createWorkerHealth({
    store,
    redis: connection.redis,
    guard,
    providerGate,
    now,
    active: worker.active,
  });
  return {
    health,
    close: async () => {
      health.stop();
      const backgroundStopped = background.stop();
      // Before the drain, lest it lets a worker go on that drains.
      await answerWithin(backgroundStopsWithinMs, looking.stop());
      await worker.drain(config.shutdownGraceSeconds * 1000);
      await answerWithin(backgroundStopsWithinMs, backgroundStopped);
      await connection.close();
      await store.close();
    },
  };
}

/** What all that a worker process does shares. */
interface WorkerServices extends Gates {
  readonly store: Store;
  readonly connection: QueueConnection;
  readonly publisher: Publisher;
  readonly clock: Clock;
}

function workerAt(
  { store, publisher, clock, providerGate, dnsGate }: WorkerServices,
  parts: WorkerProcessDeps,
): RunningWorker {
  const { config, vpn, log, metrics } = parts;
  const { installation, redisUrl, concurrency } = config;
  return createWorker({
    ...{ store, providerGate, dnsGate, vpn, installation, redisUrl, concurrency, now: clock.now, log },
    graceSeconds: config.rebuildGraceSeconds,
    bootTimeoutMs: config.bootTimeoutSeconds * 1000,
    quarantine: createQuarantine(),
    watch: createMachineWatch({ provider: providerGate.provider, installation }),
    onEnd: metrics.jobEnded,
    onWarning: ({ id, kind, serverId }, message) => {
      metrics.jobWarned(kind);
      log.warn({ jobId: id, kind, serverId }, message);
    },
    publish: (released) => {
      const failed = failure('Publishing', log);
      for (const job of released) publisher.publish(job, 'release').catch(failed);
    },
  });
}

/** The worker takes jobs from now on, while this process's clock is right. */
async function begin(
  worker: RunningWorker,
  { clock, connection: { redis } }: WorkerServices,
  log: Logger,
): Promise<{ guard: ClockGuard; looking: Repeating }> {
  const redisTime = async () => (redis.status === 'ready' ? millisecondsOf(await redis.time()) : null);
  const guard = createClockGuard({ clock, worker, log, redisTime });
  await guard.runOnce();
  if (!guard.isWrong()) await worker.resume();
  const look = () => clock.look().then(guard.runOnce);
  return { guard, looking: every(clockEveryMs, look, failure("Reading the database's clock", log)) };
}

/** As Redis tells the time: seconds, and microseconds. */
function millisecondsOf([seconds, microseconds]: readonly (number | string)[]): number {
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}
