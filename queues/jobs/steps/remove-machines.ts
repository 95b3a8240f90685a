import type { JobContext } from '#queues/ports/job-context.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';
import { nameTargetOf, pointNameAway } from './dns-name.ts';
import { indexOf } from './listing-index.ts';
import { nextListingWithRetry } from './next-listing.ts';

/** After this the attempt fails, and the job's next attempt requests the removal again. */
const removalTimeoutMs = 5 * 60_000;

/**
 * Removes all machines that `look` finds, and resolves once a look finds none. Between looks it waits for the shared
 * listing, so that many removals cost no more calls than one. The removal of a locked machine is requested again after
 * each listing. No machine is removed while the server's name points at it.
 */
export async function removeMachines(context: JobContext, look: () => Promise<readonly CloudMachine[]>): Promise<void> {
  const requested = new Set<string>();
  const giveUpAt = performance.now() + removalTimeoutMs;
  for (let found = await look(); found.length > 0; found = await look()) {
    for (const machine of found.filter(({ id }) => !requested.has(id))) {
      if (await requestRemoval(context, machine)) requested.add(machine.id);
    }
    const removed = found.filter(({ id }) => requested.has(id));
    await untilUnlisted(context, removed, giveUpAt);
  }
}

/** false: the machine is locked, and the request has to be repeated. */
async function requestRemoval(context: JobContext, machine: CloudMachine): Promise<boolean> {
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
    if (performance.now() > giveUpAt) throw stillThere(left);
    const { ids } = indexOf(await nextListingWithRetry(context, { giveUpAt, percent: 60, pace: 'steady' }));
    left = left.filter(({ id }) => ids.has(id));
  } while (left.length > 0);
}

function stillThere(machines: readonly CloudMachine[]): Error {
  const which = machines.map(({ id }) => id).join(', ') || 'the provider keeps them locked';
  return new Error(`Machines are still there: ${which}.`);
}
