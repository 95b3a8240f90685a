import { isDeepStrictEqual } from 'node:util';
import { rowsOf } from './database.ts';
import type { Installation } from './installation.ts';
import type { ManagedProcess } from './managed-process.ts';

/**
 * To be called while a process sleeps and others have done its work. The function that it returns tells, a sentence each,
 * what the process asked of the cloud or the DNS since, other than to be shown something, and what became other in the
 * rows of these servers.
 */
export async function watchAfterFreeze(
  installation: Installation,
  sleeper: ManagedProcess,
  servers: readonly string[],
): Promise<() => Promise<string[]>> {
  const { cloud } = installation;
  const since = Math.max(0, ...(await cloud.calls()).map(({ seq }) => seq));
  const before = await rowsOfServers(installation, servers);
  return async () => {
    const asked = (await cloud.calls(since)).filter(
      ({ method, client }) => method !== 'GET' && installation.workerOf(client) === sleeper,
    );
    const after = await rowsOfServers(installation, servers);
    const changed = tables.filter((table) => !isDeepStrictEqual(before[table], after[table]));
    return [
      ...asked.map(({ method, path, label }) => `When it woke, it asked for: ${method} ${path} ${label ?? ''}`.trim()),
      ...changed.map((table) => `When it woke, the rows of its servers in ${table} changed.`),
    ];
  };
}

const tables = ['servers', 'machines', 'jobs', 'history'] as const;

async function rowsOfServers(installation: Installation, ids: readonly string[]) {
  const { servers, machines, jobs, history } = await rowsOf(installation);
  const isTheirs = ({ serverId }: { serverId: string | null }) => ids.includes(serverId ?? '');
  return {
    servers: servers.filter(({ id }) => ids.includes(id)),
    machines: machines.filter(isTheirs),
    jobs: jobs.filter(isTheirs),
    history: history.filter(isTheirs),
  };
}
