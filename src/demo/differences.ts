import { z } from 'zod';
import type { ShopServer } from '#src/start/storefront.ts';

const machines = z.object({
  machines: z.array(
    z.object({ label: z.string(), ipv4: z.string().nullable(), region: z.string(), state: z.string() }),
  ),
});
/** A machine as the cloud reports it. */
export type CloudMachine = z.infer<typeof machines>['machines'][number];

/** The machines that exist at the simulated cloud. */
export async function readCloud(simulatorUrl: string): Promise<CloudMachine[]> {
  const answer = await fetch(`${simulatorUrl}/_sim/machines`, { signal: AbortSignal.timeout(10_000) });
  return machines.parse(await answer.json()).machines.filter(({ state }) => state !== 'removed');
}

/** One sentence for each difference from this rule: one machine per running server, and no other machine. */
export function differences(servers: readonly ShopServer[], machines: readonly CloudMachine[]): string[] {
  const running = servers.filter(({ status }) => status === 'running');
  const names = new Set(running.map(nameOf));
  return [
    ...running.flatMap((server) => faultsOf(server, machines)),
    ...machines.filter(({ label }) => !names.has(label)).map(({ label }) => `no server owns the machine ${label}`),
  ];
}

function faultsOf(server: ShopServer, machines: readonly CloudMachine[]): string[] {
  const found = machines.filter(({ label }) => label === nameOf(server));
  const [machine] = found;
  if (!machine || found.length > 1) return [`${server.id} has ${found.length} machines named ${nameOf(server)}`];
  const faults: string[] = [];
  if (machine.state !== 'active') faults.push(`the machine of ${server.id} is ${machine.state}`);
  if (machine.ipv4 !== server.machine?.ipv4) {
    faults.push(`${server.id} is at ${server.machine?.ipv4}, its machine at ${machine.ipv4}`);
  }
  if (machine.region !== server.location) {
    faults.push(`${server.id} should be in ${server.location}, its machine is in ${machine.region}`);
  }
  return faults;
}

function nameOf({ id, generation }: ShopServer): string {
  return `gf-${id}-${generation}`;
}
