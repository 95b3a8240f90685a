import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, Histogram, Registry } from 'prom-client';
import type { ObserveTransaction } from './measured.ts';

export interface ProcessMetrics {
  readonly registry: Registry;
  readonly transactionTook: ObserveTransaction;
}

const transactionBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** How often Node samples the event loop. Its histogram holds this interval plus the delay. */
const resolutionMs = 20;

/** The metrics that every process has, in a new registry. */
export function createProcessMetrics(): ProcessMetrics {
  const registry = new Registry();
  const transactions = new Histogram({
    name: 'ghostifi_transaction_seconds',
    help: 'Duration of a database transaction, including the wait for the lock.',
    labelNames: ['transaction'],
    buckets: transactionBuckets,
    registers: [registry],
  });
  addEventLoopDelay(registry);
  return { registry, transactionTook: (name, seconds) => transactions.observe({ transaction: name }, seconds) };
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
