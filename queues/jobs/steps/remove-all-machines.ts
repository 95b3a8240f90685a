import type { JobContext } from '#queues/ports/job-context.ts';
import { clearName } from './dns-name.ts';
import { findServerMachines } from './find-machines.ts';
import { removeMachines } from './remove-machines.ts';

/**
 * Clears the server's name first, because a provider may give a freed address to another customer. Then removes every
 * machine of the server, of any run and generation, and verifies that they are gone.
 */
export async function removeAllMachines(context: JobContext): Promise<void> {
  await clearName(context);
  context.report('Looking for the machines of the server', 10);
  const look = () => findServerMachines(context);
  await removeMachines(context, look);
  if (context.machines.every(({ providerId }) => providerId !== null)) return;
  // An earlier run may have ordered a machine that no list shows yet.
  context.report('Waiting until the provider would list a machine of an earlier run', 80);
  await context.sleep(context.provider.listLagMs);
  await removeMachines(context, look);
}
