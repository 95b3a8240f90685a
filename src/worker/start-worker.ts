import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { JobKind } from '#db/model.ts';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { every } from '#queues/every.ts';
import type { InventoryReport } from '#queues/inventory/inventory.ts';
import { createMachineWatch } from '#queues/machine-watch.ts';
import type { RunEnd } from '#queues/perform.ts';
import type { Provider } from '#queues/ports/provider.ts';
import { createProviderGate } from '#queues/provider-gate.ts';
import { createPublisher } from '#queues/publisher.ts';
import { openQueue } from '#queues/queue.ts';
import { sweepOnce } from '#queues/sweeper.ts';
import { createUpkeep } from '#queues/upkeep.ts';
import { startWorker } from '#queues/worker.ts';
import type { WorkerConfig } from '#src/config.ts';
import type { Logger } from '#src/log.ts';

export interface WorkerProcess {
  readonly active: () => number;
  /** Drains within the configured grace, then closes everything. */
  close(): Promise<void>;
}

export interface WorkerHooks {
  readonly onEnd: (kind: JobKind, end: RunEnd['tell'], seconds: number) => void;
  readonly onReport: (report: InventoryReport) => void;
}

/** The default paces; tests may be in more of a hurry. */
export const paces = { listingMs: 5_000, sweepMs: 3_000, upkeepMs: 20_000 };

/** Everything that a worker process does: takes jobs, sweeps, and does the installation's upkeep when it holds the lease. */
export async function startWorkerProcess(
  config: WorkerConfig,
  {
    provider: inner,
    log,
    hooks,
    pace = paces,
  }: { provider: Provider; log: Logger; hooks: WorkerHooks; pace?: typeof paces },
): Promise<WorkerProcess> {
  const { installation, rebuildGraceSeconds: graceSeconds, redisUrl } = config;
  const traceStatements = log.isLevelEnabled('trace');
  const store = createStore(
    await openDatabase(
      config.databaseUrl,
      traceStatements ? { trace: (statement) => log.trace({ statement }, 'SQL') } : {},
    ),
  );
  const connection = openQueue(redisUrl, log);
  const publisher = createPublisher(connection);
  const gate = createProviderGate(inner);
  const { provider } = gate;
  const now = () => new Date();
  const logFailure = (what: string) => (error: unknown) =>
    log.warn({ error: String(error) }, `${what} failed; it is tried again`);

  const sweeping = every(
    pace.sweepMs,
    async () => connection.redis.status === 'ready' && (await sweepOnce({ store, publisher, now, log })),
    logFailure('The sweep'),
  );
  connection.redis.on('ready', () => sweeping.now());
  const holder = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const upkeep = createUpkeep({ store, provider, installation, now, log, holder, onReport: hooks.onReport });
  const keeping = every(pace.upkeepMs, (stop) => upkeep.runOnce(stop), logFailure('The inventory'));
  const worker = startWorker({
    ...{ store, gate, installation, graceSeconds, now, redisUrl, log },
    watch: createMachineWatch({ provider, installation, intervalMs: pace.listingMs }),
    concurrency: config.concurrency,
    onEnd: hooks.onEnd,
    publish: (released) => {
      for (const job of released) publisher.publish(job, 'release').catch(logFailure('Publishing'));
    },
  });

  return {
    active: worker.active,
    close: async () => {
      const upkeepStopped = Promise.all([sweeping.stop(), keeping.stop()]);
      await worker.drain(config.shutdownGraceSeconds * 1000);
      await Promise.race([upkeepStopped, new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
      await connection.close();
      await store.close();
    },
  };
}
