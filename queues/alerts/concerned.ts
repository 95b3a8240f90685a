import type { Concerned } from '#db/reads/concerned.ts';
import type { Store } from '#db/store.ts';
import { factOf } from './advice.ts';
import type { Alert } from './alert.ts';

/** These are about a server, and its job is what a person works on. */
const aboutTheJob: readonly string[] = ['paid-without-server', 'dns-refuses'];

/**
 * Adds the server's reference, and its job, to the detail of the alerts that concern a server. A server without a row,
 * which only the tag of a machine names, is left out: nobody can open it.
 */
export async function addConcerned(store: Pick<Store, 'readConcerned'>, alerts: readonly Alert[]): Promise<Alert[]> {
  const ids = new Set(alerts.flatMap(({ detail }) => factOf(detail, 'serverId') ?? []));
  const servers = ids.size > 0 ? await store.readConcerned([...ids]) : [];
  const byId = new Map(servers.map((server) => [server.id, server]));
  return alerts.map((one) => {
    const id = factOf(one.detail, 'serverId');
    return id === null ? one : { ...one, detail: { ...Object(one.detail), ...factsOf(byId.get(id), one) } };
  });
}

function factsOf(server: Concerned | undefined, { kind, detail }: Alert): Readonly<Record<string, string | null>> {
  if (!server) return { serverId: null };
  const jobId = factOf(detail, 'jobId') ?? (aboutTheJob.includes(kind) ? server.jobId : null);
  return { jobId, reference: server.reference };
}
