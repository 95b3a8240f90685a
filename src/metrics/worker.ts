import { Counter, Histogram, type Registry } from 'prom-client';
import type { ClosedJobState, JobKind } from '#db/model.ts';
import type { InventoryReport } from '#queues/inventory/inventory.ts';
import type { AttemptEnd } from '#queues/news/perform.ts';
import type { LookEnd } from '#queues/payments/look.ts';
import { createProcessMetrics, type ProcessMetrics } from './process.ts';

export interface WorkerMetrics extends ProcessMetrics {
  /** Counts a job's end; `seconds` is the time since its release. */
  jobEnded(kind: JobKind, end: ClosedJobState | 'fenced', seconds: number): void;
  /** Counts a problem that did not fail the job. */
  jobWarned(kind: JobKind): void;
  /** Counts a look at a subscription, by its end. */
  lookEnded(end: LookEnd): void;
  /** Counts an attempt to deliver to a webhook, by its end. */
  deliveryAttempted(end: AttemptEnd): void;
  /** Counts the machines that an inventory pass removed. */
  inventoryTaken(report: InventoryReport): void;
}

const jobBuckets = [1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600];

/** The metrics of a worker process. */
export function createWorkerMetrics(): WorkerMetrics {
  const metrics = createProcessMetrics();
  const { ends, durations, warnings, removals, looks, attempts } = workerCounters(metrics.registry);
  return {
    ...metrics,
    deliveryAttempted: (end) => attempts.inc({ end }),
    lookEnded: (end) => looks.inc({ end }),
    inventoryTaken: ({ removed }) => removals.inc(removed.length),
    jobWarned: (kind) => warnings.inc({ kind }),
    jobEnded: (kind, end, seconds) => {
      ends.inc({ kind, end });
      durations.observe({ kind, end }, seconds);
    },
  };
}

function workerCounters(registry: Registry) {
  const registers = [registry];
  return {
    ends: new Counter({
      name: 'ghostifi_jobs_ended_total',
      help: 'Jobs that this process has ended, by kind and end.',
      labelNames: ['kind', 'end'],
      registers,
    }),
    durations: new Histogram({
      name: 'ghostifi_job_seconds',
      help: 'Time from the release of a job to its end.',
      labelNames: ['kind', 'end'],
      buckets: jobBuckets,
      registers,
    }),
    warnings: new Counter({
      name: 'ghostifi_job_warnings_total',
      help: "Problems in this process's jobs that did not fail them, by kind; its log has the details.",
      labelNames: ['kind'],
      registers,
    }),
    looks: new Counter({
      name: 'ghostifi_looks_total',
      help: 'Looks at subscriptions that this process has ended, by end.',
      labelNames: ['end'],
      registers,
    }),
    attempts: new Counter({
      name: 'ghostifi_webhook_attempts_total',
      help: 'Attempts of this process to deliver to a webhook, by end: delivered, retried, failed (the last one), gone (answered 410).',
      labelNames: ['end'],
      registers,
    }),
    removals: new Counter({
      name: 'ghostifi_inventory_removals_total',
      help: 'Machines without an owner that the inventory of this process has removed.',
      registers,
    }),
  };
}
