import { type CloudMachine, type Owner, sameOwner } from '#queues/ports/provider.ts';

/**
 * The machines with exactly this owner or exactly this name, each once, in the order given. A provider's filter is not
 * enough: not every provider documents whether it compares whole names and case.
 */
export function matching(name: string, owner: Owner, listed: readonly CloudMachine[]): readonly CloudMachine[] {
  const byId = new Map(listed.map((machine) => [machine.id, machine]));
  return [...byId.values()].filter((machine) => machine.name === name || sameOwner(machine.owner, owner));
}

/** The machines with exactly this name, each once, in the order given. */
export function named(name: string, listed: readonly CloudMachine[]): readonly CloudMachine[] {
  return [...new Map(listed.map((machine) => [machine.id, machine])).values()].filter(
    (machine) => machine.name === name,
  );
}

/** Removes machines of other installations. A machine with our tag but without a readable server id stays. */
export function ofInstallation(installation: string, listed: readonly CloudMachine[]): readonly CloudMachine[] {
  return listed.filter(({ owner }) => owner === null || owner.installation === installation);
}
