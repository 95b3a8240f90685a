import { machineName } from '#db/model.ts';
import type { JobContext } from '../ports/job-context.ts';
import { type CloudMachine, type Owner, ProviderError } from '../ports/provider.ts';

export function sameOwner(a: Owner | null, b: Owner): boolean {
  return a?.installation === b.installation && a.serverId === b.serverId;
}

/** The machines with this name that carry exactly our tag, oldest first. */
export function ours(found: readonly CloudMachine[], name: string, owner: Owner): CloudMachine[] {
  return found.filter((machine) => machine.name === name && sameOwner(machine.owner, owner)).sort(byAge);
}

function byAge(a: CloudMachine, b: CloudMachine): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || a.id.localeCompare(b.id);
}

/** Every machine of the context's server at the provider: by tag, by each row's name, and by each confirmed id. */
export async function findAllOf(context: JobContext): Promise<CloudMachine[]> {
  const { provider, owner, machines, server, signal } = context;
  const found = new Map<string, CloudMachine>();
  // A server without rows may have a machine all the same, by its tag.
  const names = machines.length > 0 ? machines.map(({ name }) => name) : [machineName(server.id, server.generation)];
  for (const name of names)
    for (const machine of await provider.find(name, owner, signal)) found.set(machine.id, machine);
  for (const row of machines) {
    const confirmed = row.providerId && !found.has(row.providerId) && (await provider.get(row.providerId, signal));
    if (confirmed) found.set(confirmed.id, confirmed);
  }
  for (const row of machines) assertTagged(context, row, found.get(row.providerId ?? ''));
  // The label decides, whatever led here: an id may have been given to somebody else's machine since.
  return [...found.values()].filter((machine) => sameOwner(machine.owner, owner));
}

/**
 * Throws `not-allowed` where the machine of a row, by its id and its name, carries another tag: the workers' INSTALLATION
 * is wrong, or somebody has changed the tag by hand. Not to touch it is right, and to call it gone is not.
 */
function assertTagged({ owner, provider }: JobContext, { name }: { name: string }, found?: CloudMachine): void {
  if (!found || found.name !== name || sameOwner(found.owner, owner)) return;
  const tag = found.owner ? `the tag of ${found.owner.serverId} in installation ${found.owner.installation}` : 'no tag';
  throw new ProviderError(
    'not-allowed',
    `Machine ${found.id} (${name}) at ${provider.name} carries ${tag}, and not that of ${owner.serverId} in installation ${owner.installation}.`,
  );
}
