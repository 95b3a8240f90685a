import type { JobContext } from '#queues/ports/job-context.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';
import { nameTargetOf, pointNameAway } from './dns-name.ts';
import { nextListingWithRetry } from './next-listing.ts';

/** A removal that takes longer is asked for again by the job's next attempt. */
const removalTimeoutMs = 5 * 60_000;

/**
 * Asks for the removal of all that `look` finds, and resolves once a look finds nothing. Between looks it waits for the
 * shared listing, so that many removals cost no more calls than one. A locked machine is asked again after each listing.
 * No machine goes while the server's name points at it.
 */
export async function removeMachines(context: JobContext, look: () => Promise<readonly CloudMachine[]>): Promise<void> {
  const asked = new Set<string>();
  const begunAt = performance.now();
  for (let found = await look(); found.length > 0; found = await look()) {
    for (const machine of found.filter(({ id }) => !asked.has(id))) {
      if (await askRemoval(context, machine)) asked.add(machine.id);
    }
    await untilUnlisted(
      context,
      found.filter(({ id }) => asked.has(id)),
      begunAt + removalTimeoutMs,
    );
  }
}

/** false: the provider is busy with the machine and wants to be asked again. */
async function askRemoval(context: JobContext, machine: CloudMachine): Promise<boolean> {
  await pointNameAway(nameTargetOf(context), machine);
  await context.checkpoint();
  context.report(`Removing machine ${machine.id} (${machine.name})`, 40);
  try {
    await context.provider.remove(machine.id, context.signal);
    return true;
  } catch (error) {
    if (error instanceof ProviderError && error.fault === 'busy') return false;
    throw error;
  }
}

async function untilUnlisted(context: JobContext, removed: readonly CloudMachine[], giveUpAt: number): Promise<void> {
  context.report('Waiting until the provider has removed it', 60);
  let left: readonly CloudMachine[] = removed;
  do {
    if (performance.now() > giveUpAt)
      throw new Error(
        `Machines are still there: ${left.map(({ id }) => id).join(', ') || 'the provider keeps them locked'}.`,
      );
    const listing = await nextListingWithRetry(context, { giveUpAt, percent: 60 });
    left = left.filter(({ id }) => listing.some((machine) => machine.id === id));
  } while (left.length > 0);
}
