import { jobTraits, machineName } from '#db/model.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { type CloudMachine, type Owner, ProviderError, sameOwner } from '#queues/ports/provider.ts';

/** The machines with this name that carry exactly our tag, oldest first. */
export function ours(found: readonly CloudMachine[], name: string, owner: Owner): CloudMachine[] {
  return found.filter((machine) => machine.name === name && sameOwner(machine.owner, owner)).sort(byAge);
}

function byAge(a: CloudMachine, b: CloudMachine): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || a.id.localeCompare(b.id);
}

/** Every machine of the context's server at the provider: by tag, by each row's name, and by each confirmed id. */
export async function findAllOf(context: JobContext): Promise<CloudMachine[]> {
  const { provider, owner, machines, server, job, signal } = context;
  const found = new Map<string, CloudMachine>();
  // A server without rows may have a machine all the same, by its tag.
  const names = machines.length > 0 ? machines.map(({ name }) => name) : [machineName(server.id, server.generation)];
  for (const name of names)
    for (const machine of await provider.find(name, owner, signal)) found.set(machine.id, machine);
  for (const row of machines) {
    const confirmed = row.providerId && !found.has(row.providerId) && (await provider.get(row.providerId, signal));
    if (confirmed) found.set(confirmed.id, confirmed);
  }
  const concerned =
    jobTraits[job.kind].about === 'server' ? machines : machines.filter(({ id }) => id === job.machineId);
  for (const row of concerned) assertTagged(context, row, [...found.values()]);
  // The label decides, whatever led here: an id may have been given to somebody else's machine since.
  return [...found.values()].filter((machine) => sameOwner(machine.owner, owner));
}

/**
 * Throws `not-allowed` where the machine of a row, by its id and its name, carries another tag, or one with the name of a
 * row without an id that of another installation: the workers' INSTALLATION is wrong, or somebody has changed the tag by
 * hand. Not to touch it is right, and to call it gone is not.
 */
export function assertTagged(
  { owner, provider }: JobContext,
  row: JobContext['machines'][number],
  found: readonly CloudMachine[],
): void {
  const isIts = ({ id, owner: tag }: CloudMachine) =>
    row.providerId === null ? tag !== null && tag.installation !== owner.installation : id === row.providerId;
  const other = found.find(
    (machine) => machine.name === row.name && isIts(machine) && !sameOwner(machine.owner, owner),
  );
  if (!other) return;
  const tag = other.owner ? `the tag of ${other.owner.serverId} in installation ${other.owner.installation}` : 'no tag';
  throw new ProviderError(
    'not-allowed',
    `Machine ${other.id} (${row.name}) at ${provider.name} carries ${tag}, and not that of ${owner.serverId} in installation ${owner.installation}.`,
  );
}
