import { jobTraits } from '#db/job-traits.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { assertOwnTag, selectOwn } from './find-machines.ts';
import { removeMachines } from './remove-machines.ts';

/**
 * Removes the machine that a create or rebuild may have made before it failed for good. `gone`: that is verified.
 * `abandoned`: the inventory removes the machine when it can. Throws RunAborted if this run must not go on, and so must
 * not fail the job either.
 */
export async function cleanUpFailedMachine(context: JobContext): Promise<'gone' | 'abandoned'> {
  const { job, machine, provider, signal } = context;
  if (!machine || !jobTraits[job.kind].makesMachine) return 'gone';
  const look = () => findMade(context, machine);
  try {
    await removeMachines(context, look);
    await context.sleep(provider.listLagMs);
    await removeMachines(context, look);
    return 'gone';
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RunAborted) throw error;
    // For any other reason, such as no answer or no permission, the row stays and the inventory continues.
    return 'abandoned';
  }
}

/** The machines that the job may have made. */
export async function findMade(
  context: JobContext,
  machine: NonNullable<JobContext['machine']>,
): Promise<CloudMachine[]> {
  const { provider, owner, signal } = context;
  const found = await provider.find(machine.name, owner, signal);
  assertOwnTag(context, machine, found);
  return selectOwn(found, machine.name, owner);
}
