import type { Api } from '#src/cli/api/api.ts';
import type { Alert, Items, Job, PageOf, Queue, Readiness, Sale } from '#src/cli/api/bodies.ts';
import { CliError } from '#src/cli/cli-error.ts';
import type { AddGroup } from '#src/cli/group.ts';
import type { Status } from '#src/cli/print/status.ts';
import type { Session } from '#src/cli/session.ts';
import { bodyIfAllowed, ifAllowed } from '#src/cli/steps/if-allowed.ts';

export const addStatus: AddGroup = (program, cli) => {
  program
    .command('status')
    .description('Show the service at a glance: its parts, its switches, what runs, and what needs a person')
    .action(async () => status(await cli.open()));
};

async function status({ api, print }: Session): Promise<void> {
  const body = await readStatus(api);
  const { statusPage } = await import('#src/cli/print/status.ts');
  await print({ body, text: JSON.stringify(body) }, statusPage);
  if (body.ready.status !== 'ok') throw new CliError('unavailable', 'The service accepts no purchases now.');
}

async function readStatus(api: Api): Promise<Status> {
  const ready = await readiness(api);
  const [sale, queue, alerts, metrics, failed] = await Promise.all([
    bodyIfAllowed(api.get<Sale>('/v1/sale')),
    bodyIfAllowed(api.get<Queue>('/v1/queue')),
    bodyIfAllowed(api.get<Items<Alert>>('/v1/alerts')),
    ifAllowed(api.download('/metrics')),
    bodyIfAllowed(api.get<PageOf<Job>>('/v1/jobs?state=failed&limit=3')),
  ]);
  return {
    url: api.url,
    ready,
    sale,
    queue,
    alerts: alerts?.items ?? null,
    servers: metrics && gaugeIn(metrics.toString(), 'servers', 'status'),
    jobs: metrics && gaugeIn(metrics.toString(), 'jobs', 'state'),
    lastFailed: failed?.items ?? [],
  };
}

/** A service that is not ready answers with its state too. */
async function readiness(api: Api): Promise<Readiness> {
  return (await api.get<Readiness>('/readyz', [503])).body;
}

/** The values of a gauge in Prometheus's text format, summed by one of its labels. */
function gaugeIn(metrics: string, name: string, label: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [, labels = '', value] of metrics.matchAll(new RegExp(`^ghostifi_${name}\\{(.*)\\} (\\S+)$`, 'gm'))) {
    const key = new RegExp(`\\b${label}="([^"]*)"`).exec(labels)?.[1];
    if (key !== undefined && Number(value) > 0) sums[key] = (sums[key] ?? 0) + Number(value);
  }
  return sums;
}
