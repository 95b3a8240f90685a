import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { nameTargetOf, pointNameAway } from './dns-name.ts';

/**
 * Removes all machines but the oldest, and returns that one. Two runs at the same time can both have ordered, if the
 * provider allows equal names. `own` is sorted, oldest first.
 */
export async function removeDuplicates(
  context: JobContext,
  own: readonly CloudMachine[],
): Promise<CloudMachine | null> {
  const [oldest, ...duplicates] = own;
  for (const duplicate of duplicates) {
    await pointNameAway(nameTargetOf(context), duplicate);
    await context.checkpoint();
    context.report(`Removing machine ${duplicate.id}, a duplicate of ${oldest?.id}`, 15);
    await context.provider.remove(duplicate.id, context.signal);
  }
  return oldest ?? null;
}
