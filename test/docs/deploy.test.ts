import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MetricObject } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { advised, type Severity } from '#queues/alerts/advice.ts';
import { type Alert, alert, alertKinds } from '#queues/alerts/alert.ts';
import { createApiMetrics } from '#src/metrics/api.ts';
import { createWorkerMetrics } from '#src/metrics/worker.ts';
import { hasProgram } from '../programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const deploy = join(root, 'docs/deploy');
const read = (name: string) => readFileSync(join(deploy, name), 'utf8');

const rules = [
  ...read('prometheus-rules.yml').matchAll(/- alert: (\w+)\n +expr: (.+)\n(?: +.+\n)*? +runbook: "?([^"\n]+)/g),
].map(([, alert = '', expr = '', runbook = '']) => ({ alert, expr, runbook }));

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const { panels } = JSON.parse(read('grafana-dashboard.json')) as { panels: Panel[] };
const shown = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
const expressions = [...rules.map(({ alert: title, expr }) => ({ title, expr })), ...shown];

/** Every name that a scrape can have, with its labels. */
function series(): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { registry } of [createApiMetrics(), createWorkerMetrics()]) {
    for (const metric of registry.getMetricsAsArray())
      for (const name of namesOf(metric)) found.set(name, labelsOf(metric));
  }
  return found;
}

function namesOf({ name, type }: MetricObject): string[] {
  return String(type) === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
}

function labelsOf(metric: object): string[] {
  const own = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
  return [...own, 'le', 'job', 'instance'];
}

const known = series();
const named = (expr: string) => [...expr.matchAll(/\b(?:ghostifi|process|nodejs)_\w+/g)].map(([name]) => name);

test.each(expressions)('$title: every metric and label exists', ({ expr }) => {
  // Names within quotes are values.
  const bare = expr.replaceAll(/"[^"]*"/g, '""');
  const metrics = named(bare);
  expect(metrics.filter((name) => !known.has(name))).toEqual([]);
  const labels = metrics.flatMap((name) => known.get(name) ?? []);
  const used = [
    ...bare.matchAll(/(\w+)\s*[=!]~?""/g),
    ...[...bare.matchAll(/by \(([^)]+)\)/g)].flatMap(([, list = '']) => [...list.matchAll(/(\w+)/g)]),
  ];
  expect(used.map(([, label = '']) => label).filter((label) => metrics.length > 0 && !labels.includes(label))).toEqual(
    [],
  );
});

test('the dashboard shows the calls of the clouds, their 429s, and something in each panel', () => {
  const all = shown.flatMap(({ expr }) => named(expr));
  expect(all).toContain('ghostifi_provider_call_seconds_count');
  expect(all).toContain('ghostifi_provider_rate_limits_total');
  expect(panels.filter(({ targets }) => targets?.length === 0)).toEqual([]);
});

test('every rule has a runbook', () => {
  expect(rules).toHaveLength(read('prometheus-rules.yml').match(/- alert:/g)?.length ?? 0);
});

test.each(rules)('the runbook of $alert exists', ({ runbook }) => {
  const [path = '', section] = runbook.split('#');
  expect(existsSync(join(root, path))).toBe(true);
  if (section === undefined || section === '{{ $labels.kind }}') return;
  const headings = [...readFileSync(join(root, path), 'utf8').matchAll(/^## (.+)$/gm)].map(([, text = '']) => text);
  expect(headings.map((text) => text.toLowerCase().replaceAll(' ', '-'))).toContain(section);
});

const unable = hasProgram('promtool') ? null : "Debian's package prometheus is not installed";
if (unable) test(`promtool does not check the rules: ${unable}.`, () => expect(unable).not.toBeNull());

describe.skipIf(unable !== null)('promtool accepts', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ghostifi-prometheus-'));
    for (const name of ['prometheus.yml', 'prometheus-rules.yml']) writeFileSync(join(folder, name), read(name));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const expectAccepted = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
  };

  test('the configuration with its rules', () => {
    const config = read('prometheus.yml').replaceAll('/etc/prometheus/viewer-token', join(folder, 'token'));
    writeFileSync(join(folder, 'token'), 'a-secret-of-the-tests');
    writeFileSync(join(folder, 'prometheus.yml'), config);
    expectAccepted('check', 'config', 'prometheus.yml');
  });

  test('every expression of the dashboard', () => {
    const recorded = shown.map(({ expr }, n) => ({
      record: `panel:${n}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    writeFileSync(join(folder, 'panels.yml'), JSON.stringify({ groups: [{ name: 'panels', rules: recorded }] }));
    expectAccepted('check', 'rules', 'panels.yml');
  });

  test('an alert that names its kind, its severity and its section of the runbook, and none once it is over', () => {
    writeFileSync(join(folder, 'test.yml'), JSON.stringify(ruleTest));
    expectAccepted('test', 'rules', 'test.yml');
  });

  test('for every alert the severity that GET /v1/alerts has, also for an urgent subject', async () => {
    const kinds = alertKinds.map((kind) => ({ kind, subject: 'x' }));
    const redis = ['cluster', 'read-only', 'appendonly'].map((subject) => ({ kind: 'redis-unsafe' as const, subject }));
    const alerts = [...kinds, ...redis].map((about) => alert({ ...about, message: 'Look.', raisedAt: new Date() }));
    const metrics = (await scrapeOf(alerts)).match(/^ghostifi_alerts\{.*$/gm) ?? [];
    const input_series = metrics.map((line) => ({
      series: line.replace(/ \d+$/, ''),
      values: `${line.match(/\d+$/)?.[0]}x40`,
    }));
    const alert_rule_test = [
      { eval_time: '6m', alertname: 'GhostifiCritical', exp_alerts: expectedOf(alerts, 'critical') },
      { eval_time: '6m', alertname: 'GhostifiWarning', exp_alerts: expectedOf(alerts, 'warning') },
    ];
    const tests = [{ interval: '15s', input_series, alert_rule_test }];
    writeFileSync(join(folder, 'severities.yml'), JSON.stringify({ ...ruleTest, tests }));
    expectAccepted('test', 'rules', 'severities.yml');
    const ofRedis = input_series.filter(({ series }) => series.includes('"redis-unsafe"'));
    expect(ofRedis.map(({ values }) => values).toSorted()).toEqual(['2x40', '2x40']);
  });
});

/** The metrics of an API that has these alerts, and whose Redis and database do not answer. */
async function scrapeOf(alerts: readonly Alert[]): Promise<string> {
  const away = () => Promise.reject(new Error('away'));
  const store = { readFigures: away, readSwitches: away, readNewsBacklog: away };
  const live = { queue: async () => null, fault: () => null };
  const sources = { store, live, alerts: async () => alerts, costs: async () => [], now: () => new Date() };
  return (await createApiMetrics().scrape(sources)).text;
}

const summaries: Readonly<Record<Severity, string>> = {
  critical: 'customers lose something now, or within minutes.',
  warning: 'a person has to look today.',
};

/** The alert of each kind with this severity, as promtool expects it. */
function expectedOf(alerts: readonly Alert[], severity: Severity) {
  const ofKind = Map.groupBy(
    alerts.map(advised).filter((one) => one.severity === severity),
    ({ kind }) => kind,
  );
  return [...ofKind].map(([kind, { length }]) => ({
    exp_labels: { severity, kind },
    exp_annotations: {
      summary: `${length} × ${kind}: ${summaries[severity]}`,
      description: 'GET /v1/alerts names the servers and the next step.',
      runbook: `docs/runbook.md#${kind}`,
    },
  }));
}

const ruleTest = {
  rule_files: ['prometheus-rules.yml'],
  evaluation_interval: '15s',
  tests: [
    {
      interval: '15s',
      input_series: [
        { series: 'ghostifi_alerts{kind="no-worker",severity="critical",instance="a"}', values: '0 1x20 0x20' },
        { series: 'ghostifi_alerts{kind="sold-out",severity="warning",instance="a"}', values: '0x60' },
        { series: 'ghostifi_database_up{instance="a"}', values: '1x60' },
        { series: 'ghostifi_provider_rate_limits_total{service="vultr",instance="w"}', values: '0x10 0+2x30' },
      ],
      alert_rule_test: [
        {
          eval_time: '3m',
          alertname: 'GhostifiCritical',
          exp_alerts: [
            {
              exp_labels: { severity: 'critical', kind: 'no-worker' },
              exp_annotations: {
                summary: '1 × no-worker: customers lose something now, or within minutes.',
                description: 'GET /v1/alerts names the servers and the next step.',
                runbook: 'docs/runbook.md#no-worker',
              },
            },
          ],
        },
        { eval_time: '8m', alertname: 'GhostifiCritical', exp_alerts: [] },
        { eval_time: '8m', alertname: 'GhostifiWarning', exp_alerts: [] },
        { eval_time: '2m', alertname: 'GhostifiProviderLimits', exp_alerts: [] },
        { eval_time: '9m', alertname: 'GhostifiProviderLimits', exp_alerts: [limited()] },
      ],
    },
  ],
};

function limited() {
  return {
    exp_labels: { severity: 'warning', service: 'vultr' },
    exp_annotations: {
      summary: 'vultr has answered 50 calls with 429 within 15 minutes.',
      description: 'Jobs wait as told; have the limit raised, or run fewer workers.',
      runbook: 'docs/runbook.md#provider',
    },
  };
}
