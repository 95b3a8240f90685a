import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import { expect, test, vi } from 'vitest';
import type { Database } from '#db/database.ts';
import type { Figures } from '#db/reads/figures.ts';
import { createApiMetrics } from '#src/metrics/api.ts';
import { createProcessMetrics, createWorkerMetrics, measured } from '#src/metrics.ts';
import { markdownTable } from '../markdown-table.ts';

const now = new Date('2026-05-01T12:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const figures: Figures = {
  servers: [{ status: 'running', count: 3 }],
  jobs: [{ kind: 'create', state: 'released', count: 2, oldestAt: ago(90) }],
  machines: [{ provider: 'simulator', plan: 'small', state: 'current', count: 3 }],
  paidWithoutServerSince: ago(90),
};
const queue = {
  paused: true,
  counts: { waiting: 4, active: 1, delayed: 0, failed: 7, completed: 9 },
  workers: 2,
  evictionPolicy: 'noeviction',
  appendOnly: true,
  isFull: false,
  isReadOnly: false,
};
const unknownMachine = { id: 'x', kind: 'unknown-machine', subject: 'gf-1', message: 'm', raisedAt: now, detail: null };

const sources = {
  store: { readFigures: async () => figures },
  live: { job: async () => null, queue: async () => queue },
  alerts: async () => [unknownMachine],
  costs: async () => [{ kind: 'orphan' as const, provider: 'simulator', currency: 'USD', amount: 10.5 }],
  now: () => now,
};

test('a scrape tells the figures of the service as they are now', async () => {
  const { text } = await createApiMetrics().scrape(sources);
  for (const line of [
    'ghostifi_servers{status="running"} 3',
    'ghostifi_servers{status="failed"} 0',
    'ghostifi_jobs{kind="create",state="released"} 2',
    'ghostifi_oldest_job_seconds{kind="create",state="released"} 90',
    'ghostifi_machines{provider="simulator",plan="small",state="current"} 3',
    'ghostifi_paid_without_server_seconds 90',
    'ghostifi_queue_jobs{state="waiting"} 4',
    'ghostifi_queue_paused 1',
    'ghostifi_workers 2',
    'ghostifi_alerts{kind="unknown-machine"} 1',
    'ghostifi_alerts{kind="no-worker"} 0',
    'ghostifi_orphan_machines 1',
    'ghostifi_machines_monthly_cost{kind="orphan",provider="simulator",currency="USD"} 10.5',
    'ghostifi_database_up 1',
    'ghostifi_redis_up 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('what is over is not told any longer', async () => {
  const metrics = createApiMetrics();
  await metrics.scrape(sources);
  const { text } = await metrics.scrape({ ...sources, store: { readFigures: async () => ({ ...figures, jobs: [] }) } });
  expect(text).not.toContain('ghostifi_jobs{');
});

test('a scrape works while database and Redis do not, and says so', async () => {
  const { text } = await createApiMetrics().scrape({
    ...sources,
    store: { readFigures: () => Promise.reject(new Error('locked')) },
    live: { job: async () => null, queue: async () => null },
    alerts: () => Promise.reject(new Error('locked')),
    costs: () => Promise.reject(new Error('locked')),
  });
  expect(text).toContain('ghostifi_database_up 0');
  expect(text).toContain('ghostifi_redis_up 0');
  expect(text).not.toContain('ghostifi_servers{');
});

test('a worker counts what it ended, and how long that took', async () => {
  const metrics = createWorkerMetrics();
  metrics.jobEnded('create', 'succeeded', 12);
  metrics.jobEnded('create', 'succeeded', 50);
  metrics.jobEnded('destroy', 'fenced', 1);
  const text = await metrics.registry.metrics();
  expect(text).toContain('ghostifi_jobs_ended_total{kind="create",end="succeeded"} 2');
  expect(text).toContain('ghostifi_jobs_ended_total{kind="destroy",end="fenced"} 1');
  expect(text).toContain('ghostifi_job_seconds_sum{kind="create",end="succeeded"} 62');
});

test('every transaction is timed, also one that fails', async () => {
  const seen: string[] = [];
  const database = {
    dialect: 'sqlite',
    transact: async (name: string) => {
      if (name === 'bad') throw new Error('no');
      return name;
    },
  } as unknown as Database;
  const timed = measured(database, (name, seconds) => void seen.push(`${name} ${seconds >= 0}`));
  // biome-ignore lint/correctness/useYield: this transaction asks nothing.
  const nothing = function* () {
    return null;
  };
  await timed.transact('good', nothing, { busyTimeoutMs: 1 });
  await expect(timed.transact('bad', nothing, { busyTimeoutMs: 1 })).rejects.toThrow('no');
  expect(seen).toEqual(['good true', 'bad true']);
});

test('the event loop delay is how late timers were, without the interval they were set to', async () => {
  const { registry } = createProcessMetrics();
  const witness = monitorEventLoopDelay({ resolution: 20 });
  witness.enable();
  await vi.waitFor(() => expect(witness.count).toBeGreaterThan(20), { timeout: 10_000 });
  const text = await registry.metrics();
  const median = Number(/^ghostifi_event_loop_delay_seconds\{quantile="0.5"\} (\S+)$/m.exec(text)?.[1]);
  expect(median).toBeGreaterThanOrEqual(0);
  expect(median).toBeLessThan(witness.percentile(50) / 1e9 - 0.01);
});

/** `npx vitest run --config test/vitest.config.ts test/src/metrics.test.ts -u` writes it anew. */
test('docs/metrics.md lists every metric', async () => {
  const page = `# Metrics

\`GET /metrics\` of an API process (with any token), and \`GET /metrics\` on a worker's \`WORKER_PORT\`. This page is made from what the
processes register.

## API process

${table(createApiMetrics().registry)}

## Worker process

${table(createWorkerMetrics().registry)}
`;
  await expect(page).toMatchFileSnapshot('../../docs/metrics.md');
});

function table(registry: Registry): string {
  const rows = registry.getMetricsAsArray().map((metric) => {
    expect(metric.name).toMatch(/^ghostifi_[a-z_]+$/);
    const labels = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
    return [`\`${metric.name}\``, String(metric.type), labels.join(', '), metric.help];
  });
  return markdownTable(['Metric', 'Type', 'Labels', 'What it says'], rows);
}
