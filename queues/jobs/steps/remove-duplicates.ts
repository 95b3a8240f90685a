import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { nameTargetOf, pointNameAway } from './dns-name.ts';

/** Simultaneous runs on a provider that allows equal names can both have ordered: the oldest stays. */
export async function removeDuplicates(
  context: JobContext,
  mine: readonly CloudMachine[],
): Promise<CloudMachine | null> {
  const [oldest, ...doubles] = mine;
  for (const double of doubles) {
    await pointNameAway(nameTargetOf(context), double);
    await context.checkpoint();
    context.report(`Removing machine ${double.id}, a double of ${oldest?.id}`, 15);
    await context.provider.remove(double.id, context.signal);
  }
  return oldest ?? null;
}
