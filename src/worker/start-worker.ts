import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database } from '#db/database.ts';
import { createStore } from '#db/store.ts';
import { openClock } from '#queues/clock.ts';
import { createClockGuard } from '#queues/clock-guard.ts';
import { createDnsGate } from '#queues/dns-gate.ts';
import { every } from '#queues/every.ts';
import { createMachineWatch } from '#queues/machine-watch.ts';
import type { Dns } from '#queues/ports/dns.ts';
import type { Provider } from '#queues/ports/provider.ts';
import type { Vpn } from '#queues/ports/vpn.ts';
import { createProviderGate } from '#queues/provider-gate.ts';
import { createPublisher } from '#queues/publisher.ts';
import { createQuarantine } from '#queues/quarantine.ts';
import { openQueue, withinMs } from '#queues/queue.ts';
import { tellRefusals } from '#queues/refusals.ts';
import { sweepOnce } from '#queues/sweeper.ts';
import { createUpkeep } from '#queues/upkeep.ts';
import { createWorker } from '#queues/worker.ts';
import type { WorkerConfig } from '#src/config.ts';
import type { Logger } from '#src/log.ts';
import type { WorkerMetrics } from '#src/metrics.ts';
import { createWorkerHealth, type WorkerHealth } from './health.ts';

export interface WorkerProcess {
  readonly health: WorkerHealth;
  /** Drains within the configured grace, then closes everything. */
  close(): Promise<void>;
}

export interface WorkerParts {
  readonly config: WorkerConfig;
  readonly database: Database;
  readonly provider: Provider;
  /** null: the service keeps no names. */
  readonly dns: Dns | null;
  readonly vpn: Vpn;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
}

/** How soon a lost job, or an orphan is noticed. */
const sweepEveryMs = 3_000;
const upkeepEveryMs = 20_000;
const refusalsEveryMs = 2_000;
const clockEveryMs = 1_000;
const upkeepStopsWithinMs = 2_000;

/** Everything that a worker process does: takes jobs, sweeps, and does the installation's upkeep while it holds the lease. */
export async function startWorkerProcess(parts: WorkerParts): Promise<WorkerProcess> {
  const { config, database, vpn, log, metrics } = parts;
  const { installation, rebuildGraceSeconds: graceSeconds, redisUrl } = config;
  const store = createStore(database);
  const connection = openQueue(redisUrl, log);
  const clock = await openClock(store.readTime);
  const { now } = clock;
  const publisher = createPublisher(connection, now);
  const gate = createProviderGate(parts.provider, now);
  const dnsGate = parts.dns && createDnsGate(parts.dns, now);
  const { provider } = gate;
  const failed = (what: string) => (error: unknown) =>
    log.warn({ error: String(error) }, `${what} failed; it is tried again`);

  const sweep = async () => {
    if (connection.redis.status === 'ready') await sweepOnce({ store, publisher, now, log });
  };
  const sweeping = every(sweepEveryMs, sweep, failed('The sweep'));
  connection.redis.on('ready', () => sweeping.now());

  const holder = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const upkeep = createUpkeep({
    store,
    provider,
    dns: dnsGate?.dns ?? null,
    installation,
    now,
    log,
    holder,
    onReport: metrics.inventoryTaken,
  });
  const keeping = every(upkeepEveryMs, (stop) => upkeep.runOnce(stop), failed('The inventory'));

  const tell = async () => {
    await tellRefusals({ store, gate, whose: provider.name, kind: 'provider-refuses', now });
    if (dnsGate) await tellRefusals({ store, gate: dnsGate, whose: dnsGate.dns.name, kind: 'dns-refuses', now });
  };
  const telling = every(refusalsEveryMs, tell, failed('Telling of refusals'));

  const worker = createWorker({
    ...{ store, gate, dnsGate, vpn, installation, graceSeconds, now, redisUrl, log },
    bootTimeoutMs: config.bootTimeoutSeconds * 1000,
    quarantine: createQuarantine(),
    watch: createMachineWatch({ provider, installation }),
    concurrency: config.concurrency,
    onEnd: metrics.jobEnded,
    onWarning: ({ id, kind, serverId }, words) => {
      metrics.jobWarned(kind);
      log.warn({ jobId: id, kind, serverId }, words);
    },
    publish: (released) => {
      for (const job of released) publisher.publish(job, 'release').catch(failed('Publishing'));
    },
  });
  const { redis } = connection;
  const guard = createClockGuard({
    ...{ clock, worker, log },
    redisTime: async () => (redis.status === 'ready' ? millisecondsOf(await redis.time()) : null),
  });
  await guard.runOnce();
  if (!guard.isWrong()) await worker.resume();
  const lookAtClock = () => clock.look().then(guard.runOnce);
  const looking = every(clockEveryMs, lookAtClock, failed("Reading the database's clock"));
  const health = createWorkerHealth({ store, redis, guard, gate, now, active: worker.active });
  return {
    health,
    close: async () => {
      health.stop();
      const upkeepStopped = Promise.all([sweeping.stop(), keeping.stop(), telling.stop()]);
      // Before the drain, lest it lets a worker go on that drains.
      await withinMs(looking.stop(), upkeepStopsWithinMs);
      await worker.drain(config.shutdownGraceSeconds * 1000);
      await withinMs(upkeepStopped, upkeepStopsWithinMs);
      await connection.close();
      await store.close();
    },
  };
}

/** As Redis tells the time: seconds, and microseconds. */
function millisecondsOf([seconds, microseconds]: readonly (number | string)[]): number {
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}
