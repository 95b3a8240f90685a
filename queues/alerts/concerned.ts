import type { Concerned } from '#db/reads/concerned.ts';
import type { Store } from '#db/store.ts';
import { factOf } from './advice.ts';
import type { Alert } from './alert.ts';

/** These are about a server, and its job is what a person works on. */
const aboutTheJob: readonly string[] = ['paid-without-server', 'dns-refuses'];

/** Adds the server's reference, and its job, to the detail of the alerts that concern a server. */
export async function addConcerned(store: Pick<Store, 'readConcerned'>, alerts: readonly Alert[]): Promise<Alert[]> {
  const ids = new Set(alerts.flatMap(({ detail }) => factOf(detail, 'serverId') ?? []));
  const servers = ids.size > 0 ? await store.readConcerned([...ids]) : [];
  const byId = new Map(servers.map((server) => [server.id, server]));
  return alerts.map((one) => addServer(one, byId.get(factOf(one.detail, 'serverId') ?? '')));
}

function addServer(alert: Alert, server: Concerned | undefined): Alert {
  if (!server) return alert;
  const jobId = factOf(alert.detail, 'jobId') ?? (aboutTheJob.includes(alert.kind) ? server.jobId : null);
  return { ...alert, detail: { ...Object(alert.detail), jobId, reference: server.reference } };
}
