import { type CloudMachine, type Owner, sameOwner } from '#queues/ports/provider.ts';

/**
 * Those that carry exactly this owner or this name, each once, in the order given. A provider's filters are only a
 * first choice: whether they compare whole names, and in which case, is not always documented.
 */
export function matching(name: string, owner: Owner, listed: readonly CloudMachine[]): readonly CloudMachine[] {
  const byId = new Map(listed.map((machine) => [machine.id, machine]));
  return [...byId.values()].filter((machine) => machine.name === name || sameOwner(machine.owner, owner));
}

/** Without those of other installations. One with the installation's tag but no readable server's stays, as nobody's. */
export function ofInstallation(installation: string, listed: readonly CloudMachine[]): readonly CloudMachine[] {
  return listed.filter(({ owner }) => owner === null || owner.installation === installation);
}
