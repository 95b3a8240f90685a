import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ObserveCall } from '#src/outgoing/observed-fetch.ts';
import type { ObserveTransaction } from './measured.ts';

export interface ProcessMetrics {
  readonly registry: Registry;
  readonly transactionTook: ObserveTransaction;
  readonly flushTook: (seconds: number) => void;
  readonly walGrew: (bytes: number) => void;
  readonly callEnded: ObserveCall;
}

const transactionBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const callBuckets = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];
const flushBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
/** How often Node samples the event loop. Its histogram holds this interval plus the delay. */
const resolutionMs = 20;

/** The metrics that every process has, in a new registry. */
export function createProcessMetrics(): ProcessMetrics {
  const registry = new Registry();
  const transactions = new Histogram({
    name: 'ghostifi_transaction_seconds',
    help: 'Duration of a database transaction, including the waits for the lock and the disk.',
    labelNames: ['transaction'],
    buckets: transactionBuckets,
    registers: [registry],
  });
  addEventLoopDelay(registry);
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    transactionTook: (name, seconds) => transactions.observe({ transaction: name }, seconds),
    ...diskMetrics(registry),
    callEnded: callMetrics(registry),
  };
}

function diskMetrics(registry: Registry): Pick<ProcessMetrics, 'flushTook' | 'walGrew'> {
  const flushes = new Histogram({
    name: 'ghostifi_database_flush_seconds',
    help: "Duration of a flush of SQLite's WAL to the disk, which all transactions of that time share.",
    buckets: flushBuckets,
    registers: [registry],
  });
  const wal = new Gauge({
    name: 'ghostifi_database_wal_bytes',
    help: "Size of the part of SQLite's WAL in use; above 100 MB, checkpoints fail or a reader holds them up.",
    registers: [registry],
  });
  return { flushTook: (seconds) => flushes.observe(seconds), walGrew: (bytes) => wal.set(bytes) };
}

function callMetrics(registry: Registry): ObserveCall {
  const calls = new Histogram({
    name: 'ghostifi_provider_call_seconds',
    help: 'Duration of calls to the cloud, the DNS and Stripe, until the answer begins. Status none: no answer.',
    labelNames: ['service', 'operation', 'status'],
    buckets: callBuckets,
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'ghostifi_provider_rate_limits_total',
    help: 'Calls that a service answered with 429, because there were too many.',
    labelNames: ['service'],
    registers: [registry],
  });
  return (call, seconds) => {
    calls.observe({ ...call }, seconds);
    refusals.inc({ service: call.service }, call.status === '429' ? 1 : 0);
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
      // While nothing is measured, the histogram returns NaN or its largest number.
      const late = (nanoseconds: number) =>
        delays.count > 0 ? Math.max(0, nanoseconds / 1e9 - resolutionMs / 1e3) : 0;
      this.set({ quantile: '0.5' }, late(delays.percentile(50)));
      this.set({ quantile: '0.99' }, late(delays.percentile(99)));
      this.set({ quantile: '1' }, late(delays.max));
      delays.reset();
    },
  });
}
