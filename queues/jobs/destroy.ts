import type { Handler } from '#queues/ports/job-context.ts';
import { clearName } from './steps/dns-name.ts';
import { findServerMachines } from './steps/find-machines.ts';
import { forgetOwner } from './steps/forget-owner.ts';
import { removeMachines } from './steps/remove-machines.ts';

/**
 * Clears the server's name first, because a provider may give a freed address to another customer. Then removes every
 * machine of the server, of any run and generation, verifies that they are gone, and deletes the tag that they had.
 */
export const destroy: Handler = async (context) => {
  await clearName(context);
  context.report('Looking for the machines of the server', 10);
  const look = () => findServerMachines(context);
  await removeMachines(context, look);
  if (context.machines.some(({ providerId }) => providerId === null)) {
    // An earlier run may have ordered a machine that no list shows yet.
    context.report('Waiting until the provider would list a machine of an earlier run', 80);
    await context.sleep(context.provider.listLagMs);
    await removeMachines(context, look);
  }
  await forgetOwner(context);
  return { end: 'removed' };
};
