import { Gauge, Histogram, type Registry } from 'prom-client';
import { serverStatuses } from '#db/model.ts';
import type { Figures } from '#db/reads/figures.ts';
import type { NewsBacklog } from '#db/reads/news-backlog.ts';
import type { Store } from '#db/store.ts';
import { severities, severityOf } from '#queues/alerts/advice.ts';
import { type Alert, alertKinds } from '#queues/alerts/alert.ts';
import { problemsIn } from '#queues/alerts/first-of-kind.ts';
import type { Live, LiveQueue } from '#queues/bullmq/live.ts';
import type { MonthlyCost } from '#queues/upkeep/costs.ts';
import { createProcessMetrics, type ProcessMetrics } from './process.ts';

export interface ApiMetrics extends ProcessMetrics {
  requestTook(request: { method: string; route: string; status: number }, seconds: number): void;
  /** The current figures of the whole service and of this process, in Prometheus's text format. */
  scrape(sources: Sources): Promise<{ contentType: string; text: string }>;
}

interface Sources {
  readonly store: Pick<Store, 'readFigures' | 'readSwitches' | 'readNewsBacklog'>;
  readonly live: Pick<Live, 'queue' | 'fault'>;
  readonly alerts: () => Promise<readonly Alert[]>;
  readonly costs: () => Promise<readonly MonthlyCost[]>;
  readonly now: () => Date;
}

const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of an API process, which also reports the figures of the whole service. */
export function createApiMetrics(): ApiMetrics {
  const metrics = createProcessMetrics();
  const { registry } = metrics;
  const requests = new Histogram({
    name: 'ghostifi_http_request_seconds',
    help: 'Duration of requests, by route; without event streams.',
    labelNames: ['method', 'route', 'status'],
    buckets: requestBuckets,
    registers: [registry],
  });
  const gauges = serviceGauges(registry);
  return {
    ...metrics,
    requestTook: (labels, seconds) => requests.observe(labels, seconds),
    scrape: async (sources) => {
      await refresh(gauges, sources);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

type Gauges = ReturnType<typeof serviceGauges>;

function serviceGauges(registry: Registry) {
  const gauge = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `ghostifi_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  return {
    databaseUp: gauge(
      'database_up',
      'Whether the database answered (1) or not (0). Without it, its figures are missing.',
    ),
    redisUp: gauge('redis_up', 'Whether Redis answered (1) or not (0).'),
    servers: gauge('servers', 'Servers by status.', ['status']),
    jobs: gauge('jobs', 'Open jobs by kind and state; released: queued or running.', ['kind', 'state']),
    oldestJob: gauge('oldest_job_seconds', 'Age of the oldest open job.', ['kind', 'state']),
    machines: gauge('machines', 'Machines that are not gone.', ['provider', 'plan', 'state']),
    costs: gauge(
      'machines_monthly_cost',
      'Monthly cost of the machines without VAT, from the last catalogue. Kind orphan: machines that no server needs.',
      ['provider', 'currency', 'kind'],
    ),
    unserved: gauge(
      'paid_without_server_seconds',
      'Time since the oldest purchase or resume whose server is not running yet.',
    ),
    queueJobs: gauge('queue_jobs', 'Jobs in BullMQ, by BullMQ state.', ['state']),
    saleStopped: gauge('sale_stopped', 'Whether an operator has stopped the sale (1) or not (0).'),
    queuePaused: gauge('queue_paused', 'Whether the queue is paused (1) or not (0).'),
    workers: gauge('workers', 'Workers connected to the queue. Missing if Redis does not permit CLIENT LIST.'),
    deliveries: gauge('webhook_deliveries_waiting', 'Deliveries to webhooks that wait, counted up to 10,000.'),
    oldestDelivery: gauge(
      'webhook_oldest_waiting_seconds',
      'Age of the oldest event whose delivery to a webhook waits.',
    ),
    alerts: gauge('alerts', 'Current alerts, by kind and severity.', ['kind', 'severity']),
    alertsBySeverity: gauge('alerts_by_severity', 'Current alerts: critical or warning.', ['severity']),
    orphans: gauge(
      'orphan_machines',
      'Machines at the provider that have our tag and no database row; an operator must check them.',
    ),
  };
}

async function refresh(gauges: Gauges, { store, live, alerts, costs, now }: Sources): Promise<void> {
  const [figures, switches, backlog, queue, currentAlerts, prices] = await Promise.all([
    store.readFigures().catch(() => null),
    store.readSwitches().catch(() => null),
    store.readNewsBacklog().catch(() => null),
    live.queue(),
    alerts().catch(() => null),
    costs().catch(() => []),
  ]);
  for (const gauge of Object.values(gauges)) gauge.reset();
  gauges.databaseUp.set(figures ? 1 : 0);
  gauges.redisUp.set(queue ? 1 : 0);
  if (figures) setFigures(gauges, figures, now());
  if (switches) gauges.saleStopped.set(switches.sale.open ? 0 : 1);
  if (backlog) setBacklog(gauges, backlog, now());
  if (queue) setQueue(gauges, queue);
  if (currentAlerts) setAlerts(gauges, currentAlerts);
  for (const { amount, ...labels } of prices) gauges.costs.set(labels, amount);
}

function setFigures(gauges: Gauges, { servers, jobs, machines, paidWithoutServerSince }: Figures, now: Date): void {
  for (const status of serverStatuses) gauges.servers.set({ status }, 0);
  for (const { status, count } of servers) gauges.servers.set({ status }, count);
  for (const { kind, state, count, oldestAt } of jobs) {
    gauges.jobs.set({ kind, state }, count);
    gauges.oldestJob.set({ kind, state }, secondsSince(oldestAt, now));
  }
  for (const { provider, plan, state, count } of machines) gauges.machines.set({ provider, plan, state }, count);
  gauges.unserved.set(secondsSince(paidWithoutServerSince, now));
}

function setBacklog(gauges: Gauges, { waiting, oldestAt }: NewsBacklog, now: Date): void {
  gauges.deliveries.set(waiting);
  gauges.oldestDelivery.set(secondsSince(oldestAt, now));
}

/** null: 0. */
function secondsSince(since: Date | null, now: Date): number {
  return since ? Math.max(0, now.getTime() - since.getTime()) / 1000 : 0;
}

function setQueue(gauges: Gauges, { counts, paused, workers }: LiveQueue): void {
  for (const [state, count] of Object.entries(counts ?? {})) gauges.queueJobs.set({ state }, count);
  if (paused !== null) gauges.queuePaused.set(paused ? 1 : 0);
  if (workers === null) gauges.workers.remove();
  else gauges.workers.set(workers);
}

function setAlerts(gauges: Gauges, alerts: readonly Alert[]): void {
  for (const kind of alertKinds) gauges.alerts.set({ kind, severity: severityOf({ kind }) }, 0);
  for (const severity of severities) gauges.alertsBySeverity.set({ severity }, 0);
  for (const one of alerts) {
    const severity = severityOf(one);
    gauges.alerts.inc({ kind: one.kind, severity }, problemsIn(one));
    gauges.alertsBySeverity.inc({ severity }, problemsIn(one));
  }
  const orphans = alerts.filter(({ kind }) => kind === 'unknown-machine');
  gauges.orphans.set(orphans.reduce((sum, one) => sum + problemsIn(one), 0));
}
