import { jobTraits } from '#db/job-traits.ts';
import { machineName } from '#db/model.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { type CloudMachine, type Owner, ProviderError, sameOwner } from '#queues/ports/provider.ts';

/** The machines with this name that carry exactly this owner's tag, oldest first. */
export function selectOwn(found: readonly CloudMachine[], name: string, owner: Owner): CloudMachine[] {
  return found.filter((machine) => machine.name === name && sameOwner(machine.owner, owner)).sort(byAge);
}

function byAge(a: CloudMachine, b: CloudMachine): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || a.id.localeCompare(b.id);
}

/**
 * Every machine of the context's server at the provider: by tag, by the name of each row, and by each confirmed id.
 * Throws as `assertOwnTag` does.
 */
export async function findServerMachines(context: JobContext): Promise<CloudMachine[]> {
  const { owner, machines, job } = context;
  const found = await findCandidates(context);
  const concerned =
    jobTraits[job.kind].about === 'server' ? machines : machines.filter(({ id }) => id === job.machineId);
  for (const row of concerned) assertOwnTag(context, row, found);
  // Only the tag counts: the provider may have given an old id to somebody else's machine.
  return found.filter((machine) => sameOwner(machine.owner, owner));
}

async function findCandidates({ provider, owner, machines, server, signal }: JobContext): Promise<CloudMachine[]> {
  const found = new Map<string, CloudMachine>();
  // A server without machine rows may still have a machine with its tag.
  const names = machines.length > 0 ? machines.map(({ name }) => name) : [machineName(server.id, server.generation)];
  for (const name of names)
    for (const machine of await provider.find(name, owner, signal)) found.set(machine.id, machine);
  for (const { providerId } of machines) {
    const confirmed = providerId && !found.has(providerId) && (await provider.get(providerId, signal));
    if (confirmed) found.set(confirmed.id, confirmed);
  }
  return [...found.values()];
}

/**
 * Throws `not-allowed` if the machine of a row, by its id and name, carries another tag. For a row without an id it
 * throws if a machine with its name carries another installation's tag. Either the workers' INSTALLATION is wrong, or a
 * person has changed the tag. Such a machine must not be touched, and must not be recorded as gone.
 */
export function assertOwnTag(
  { owner, provider }: JobContext,
  row: JobContext['machines'][number],
  found: readonly CloudMachine[],
): void {
  const isOfRow = ({ id, owner: tag }: CloudMachine) =>
    row.providerId === null ? tag !== null && tag.installation !== owner.installation : id === row.providerId;
  const other = found.find(
    (machine) => machine.name === row.name && isOfRow(machine) && !sameOwner(machine.owner, owner),
  );
  if (!other) return;
  const tag = other.owner ? `the tag of ${other.owner.serverId} in installation ${other.owner.installation}` : 'no tag';
  throw new ProviderError(
    'not-allowed',
    `Machine ${other.id} (${row.name}) at ${provider.name} carries ${tag}, and not that of ${owner.serverId} in installation ${owner.installation}.`,
  );
}
