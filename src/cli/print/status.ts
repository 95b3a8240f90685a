import type { Alert, Job, Queue, Readiness, Sale } from '#src/cli/api/bodies.ts';
import { jobsPage } from './job.ts';
import { type Cell, fieldsOf, type Page, tableOf } from './page.ts';
import { queueState, saleState } from './switches.ts';
import { localTime } from './texts.ts';

type Counts = Readonly<Record<string, number>>;

/** The bodies of the calls; null for those that this key may not make. With `--json`, this is printed. */
export interface Status {
  readonly url: string;
  readonly ready: Readiness;
  readonly sale: Sale | null;
  readonly queue: Queue | null;
  readonly alerts: readonly Alert[] | null;
  /** Servers by status, and open jobs by state; from the metrics. */
  readonly servers: Counts | null;
  readonly jobs: Counts | null;
  readonly lastFailed: readonly Job[];
}

export function statusPage({ url, ready, sale, queue, alerts, servers, jobs, lastFailed }: Status): Page {
  const { status, ...health } = ready;
  return [
    fieldsOf({
      service: url,
      status,
      ...health,
      sale: sale && switchText(saleState(sale), sale),
      queue: queue && switchText(queueState(queue), queue),
      servers: servers && countsText(servers),
      'open jobs': jobs && countsText(jobs),
    }),
    ...(lastFailed.length === 0 ? [] : ['The last failed jobs:', ...jobsPage(lastFailed)]),
    ...alertsPart(alerts),
  ];
}

function switchText(state: string, change: { by: string | null; reason: string | null }): Cell {
  if (['open', 'running'].includes(state)) return state;
  const by = change.by === null ? '' : ` by ${change.by}`;
  return `${state}${by}${change.reason === null ? '' : `: ${change.reason}`}`;
}

function countsText(counts: Counts): Cell {
  const parts = Object.entries(counts).map(([name, number]) => `${number} ${name}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function alertsPart(alerts: Status['alerts']): Page {
  if (alerts === null) return ['This key may not read the alerts.'];
  if (alerts.length === 0) return ['There are no alerts.'];
  const table = tableOf(alerts, {
    alert: ({ kind }) => kind,
    severity: ({ severity }) => severity,
    subject: ({ subject }) => subject,
    since: ({ raisedAt }) => localTime(raisedAt),
  });
  return [...table, 'ghostifi alerts shows them with their next steps.'];
}
