import { expect, test } from 'vitest';
import type { Figures } from '#db/reads/figures.ts';
import { createApiMetrics } from '#src/metrics/api.ts';

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
  memoryUsed: 0,
  cannotSave: false,
  isReadOnly: false,
  isCluster: false,
  forbidden: [],
  error: null,
};
const unknownMachine = { id: 'x', kind: 'unknown-machine', subject: 'gf-1', message: 'm', raisedAt: now, detail: null };

const never = { by: null, reason: null, at: null };
const readSwitches = async () => ({ sale: { open: false, ...never }, queue: null });
const readNewsBacklog = async () => ({ waiting: 3, oldestAt: ago(40) });
const sources = {
  store: { readFigures: async () => figures, readSwitches, readNewsBacklog },
  live: { queue: async () => queue, fault: () => null },
  alerts: async () => [unknownMachine],
  costs: async () => [{ kind: 'orphan' as const, provider: 'simulator', currency: 'USD', amount: 10.5 }],
  now: () => now,
};

test('what Redis does not permit is missing, and not 0', async () => {
  const metrics = createApiMetrics();
  const forbidden = { ...queue, workers: null, forbidden: ['CLIENT LIST'] };
  const { text } = await metrics.scrape({ ...sources, live: { ...sources.live, queue: async () => forbidden } });
  expect(text).not.toMatch(/^ghostifi_workers /m);
  expect((await metrics.scrape(sources)).text).toMatch(/^ghostifi_workers 2$/m);
});

test('a scrape has the current figures of the service', async () => {
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
    'ghostifi_webhook_deliveries_waiting 3',
    'ghostifi_webhook_oldest_waiting_seconds 40',
    'ghostifi_alerts{kind="unknown-machine",severity="warning"} 1',
    'ghostifi_alerts{kind="no-worker",severity="critical"} 0',
    'ghostifi_alerts_by_severity{severity="warning"} 1',
    'ghostifi_alerts_by_severity{severity="critical"} 0',
    'ghostifi_sale_stopped 1',
    'ghostifi_orphan_machines 1',
    'ghostifi_machines_monthly_cost{kind="orphan",provider="simulator",currency="USD"} 10.5',
    'ghostifi_database_up 1',
    'ghostifi_redis_up 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('an urgent alert of a kind is counted apart from the others of its kind', async () => {
  const redis = (subject: string) => ({
    ...unknownMachine,
    id: `redis-unsafe:${subject}`,
    kind: 'redis-unsafe',
    subject,
  });
  const alerts = async () => ['cluster', 'read-only', 'appendonly'].map(redis);
  const { text } = await createApiMetrics().scrape({ ...sources, alerts });
  expect(text).toContain('\nghostifi_alerts{kind="redis-unsafe",severity="critical"} 2\n');
  expect(text).toContain('\nghostifi_alerts{kind="redis-unsafe",severity="warning"} 1\n');
});

test('jobs that have ended are missing from the next scrape', async () => {
  const metrics = createApiMetrics();
  await metrics.scrape(sources);
  const store = { readFigures: async () => ({ ...figures, jobs: [] }), readSwitches, readNewsBacklog };
  const { text } = await metrics.scrape({ ...sources, store });
  expect(text).not.toContain('ghostifi_jobs{');
});

test('a scrape succeeds without database and Redis, and reports both as down', async () => {
  const { text } = await createApiMetrics().scrape({
    ...sources,
    store: {
      readFigures: () => Promise.reject(new Error('locked')),
      readSwitches: () => Promise.reject(new Error('locked')),
      readNewsBacklog: () => Promise.reject(new Error('locked')),
    },
    live: { queue: async () => null, fault: () => null },
    alerts: () => Promise.reject(new Error('locked')),
    costs: () => Promise.reject(new Error('locked')),
  });
  expect(text).toContain('ghostifi_database_up 0');
  expect(text).toContain('ghostifi_redis_up 0');
  expect(text).not.toContain('ghostifi_servers{');
  expect(text).toContain('ghostifi_sale_stopped 0');
});
