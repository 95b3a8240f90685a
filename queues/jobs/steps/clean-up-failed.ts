import { jobTraits } from '#db/model.ts';
import { type JobContext, RunAborted } from '#queues/ports/job-context.ts';
import { assertTagged, ours } from './find-machines.ts';
import { removeMachines } from './remove-machines.ts';

/**
 * Cleans up after a create or rebuild that has failed for good: removes the machine that it may have made.
 * `gone` only where that is certain; else the machine is left to the inventory, which removes it when it can.
 * Throws RunAborted where the run must not go on: then it is not this run that fails the job.
 */
export async function cleanUpFailedMachine(context: JobContext): Promise<'gone' | 'abandoned'> {
  const { job, machine, provider, owner, signal } = context;
  if (!machine || !jobTraits[job.kind].makesMachine) return 'gone';
  const look = async () => {
    const found = await provider.find(machine.name, owner, signal);
    assertTagged(context, machine, found);
    return ours(found, machine.name, owner);
  };
  try {
    await removeMachines(context, look);
    await context.sleep(provider.listLagMs);
    await removeMachines(context, look);
    return 'gone';
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RunAborted) throw error;
    // Whatever else kept us from it (no answer, no permission): the row stays, marked, and the inventory goes on.
    return 'abandoned';
  }
}
