import { isDeepStrictEqual } from 'node:util';
import { rowsOf } from './database.ts';
import type { Installation } from './installation.ts';
import type { ManagedProcess } from './managed-process.ts';

/**
 * Call this while a process is frozen and other processes have done its jobs. Call the returned function after the
 * process was resumed: it returns a sentence for each changing call that the process made to the cloud or the DNS
 * since, and for each table in which rows of these servers changed.
 */
export async function watchAfterFreeze(
  installation: Installation,
  frozen: ManagedProcess,
  servers: readonly string[],
): Promise<() => Promise<string[]>> {
  const { cloud } = installation;
  const since = Math.max(0, ...(await cloud.calls()).map(({ seq }) => seq));
  const before = await rowsOfServers(installation, servers);
  return async () => {
    const calls = (await cloud.calls(since)).filter(
      ({ method, client }) => method !== 'GET' && installation.workerOf(client) === frozen,
    );
    const after = await rowsOfServers(installation, servers);
    const changed = tables.filter((table) => !isDeepStrictEqual(before[table], after[table]));
    return [
      ...calls.map(({ method, path, label }) =>
        `After it was resumed, the process called ${method} ${path} ${label ?? ''}`.trim(),
      ),
      ...changed.map((table) => `After the process was resumed, the rows of its servers in ${table} changed.`),
    ];
  };
}

const tables = ['servers', 'machines', 'jobs', 'events'] as const;

async function rowsOfServers(installation: Installation, ids: readonly string[]) {
  const { servers, machines, jobs, events } = await rowsOf(installation);
  const isOfServers = ({ serverId }: { serverId: string | null }) => ids.includes(serverId ?? '');
  return {
    servers: servers.filter(({ id }) => ids.includes(id)),
    machines: machines.filter(isOfServers),
    jobs: jobs.filter(isOfServers),
    events: events.filter(isOfServers),
  };
}
