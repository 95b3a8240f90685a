import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from '#db/database.ts';
import type { ClosedJobState, JobKind } from '#db/model.ts';
import type { InventoryReport } from '#queues/inventory/inventory.ts';

/** How long a transaction took, its waiting for the lock included. */
export type ObserveTransaction = (name: string, seconds: number) => void;

export interface ProcessMetrics {
  readonly registry: Registry;
  readonly transactionTook: ObserveTransaction;
}

const transactionBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const jobBuckets = [1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600];
/** How often the event loop is looked at; what Node then measures is this interval and the lateness together. */
const resolutionMs = 20;

/** The metrics that every process has, in a registry of its own. */
export function createProcessMetrics(): ProcessMetrics {
  const registry = new Registry();
  const registers = [registry];
  const transactions = new Histogram({
    name: 'ghostifi_transaction_seconds',
    help: 'How long a database transaction took, its waiting for the lock included.',
    labelNames: ['transaction'],
    buckets: transactionBuckets,
    registers,
  });
  addEventLoopDelay(registry);
  return { registry, transactionTook: (name, seconds) => transactions.observe({ transaction: name }, seconds) };
}

export interface WorkerMetrics extends ProcessMetrics {
  /** Counts a job's end; `seconds` is the time since it was released. */
  jobEnded(kind: JobKind, end: ClosedJobState | 'fenced', seconds: number): void;
  /** Counts what went wrong in a job without failing it. */
  jobWarned(kind: JobKind): void;
  /** Counts what a pass of the inventory removed. */
  inventoryTaken(report: InventoryReport): void;
}

/** The metrics of a worker process. */
export function createWorkerMetrics(): WorkerMetrics {
  const metrics = createProcessMetrics();
  const labels = { labelNames: ['kind', 'end'] as const, registers: [metrics.registry] };
  const ends = new Counter({
    ...labels,
    name: 'ghostifi_jobs_ended_total',
    help: 'Jobs that this process has ended, by kind and end.',
  });
  const durations = new Histogram({
    ...labels,
    name: 'ghostifi_job_seconds',
    help: 'Time from the release of a job to its end.',
    buckets: jobBuckets,
  });
  const warnings = new Counter({
    name: 'ghostifi_job_warnings_total',
    help: "What went wrong in this process's jobs without failing them, by kind; its log has the words.",
    labelNames: ['kind'],
    registers: [metrics.registry],
  });
  const removals = new Counter({
    name: 'ghostifi_inventory_removals_total',
    help: 'Machines that the inventory of this process has removed: nobody owned them any more.',
    registers: [metrics.registry],
  });
  return {
    ...metrics,
    inventoryTaken: ({ removed }) => removals.inc(removed.length),
    jobWarned: (kind) => warnings.inc({ kind }),
    jobEnded: (kind, end, seconds) => {
      ends.inc({ kind, end });
      durations.observe({ kind, end }, seconds);
    },
  };
}

/** The database, with every transaction timed. */
export function measured(database: Database, observe: ObserveTransaction): Database {
  return {
    ...database,
    transact: async (name, steps, options) => {
      const startedAt = performance.now();
      try {
        return await database.transact(name, steps, options);
      } finally {
        observe(name, (performance.now() - startedAt) / 1000);
      }
    },
  };
}

function addEventLoopDelay(registry: Registry): void {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  new Gauge({
    name: 'ghostifi_event_loop_delay_seconds',
    help: 'How late timers ran since the last scrape.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      // Nothing measured yet: the histogram would say NaN, or its largest number.
      const late = (nanoseconds: number) =>
        delays.count > 0 ? Math.max(0, nanoseconds / 1e9 - resolutionMs / 1e3) : 0;
      this.set({ quantile: '0.5' }, late(delays.percentile(50)));
      this.set({ quantile: '0.99' }, late(delays.percentile(99)));
      this.set({ quantile: '1' }, late(delays.max));
      delays.reset();
    },
  });
}
