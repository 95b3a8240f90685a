import type { Handler } from '#queues/ports/job-context.ts';
import { NonRetryableError } from '#queues/ports/job-errors.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { nameTargetOf, pointNameAway } from './steps/dns-name.ts';
import { findServerMachines } from './steps/find-machines.ts';
import { removeMachines } from './steps/remove-machines.ts';

/** Removes one replaced machine, after the grace in which clients move to its successor. */
export const retire: Handler = async (context) => {
  const { machine, server } = context;
  // The inventory has already verified that it is gone.
  if (!machine) return { end: 'removed' };
  const { name, providerId } = machine;
  if (machine.id === server.machineId)
    throw new NonRetryableError(`Machine ${name} serves the customer; it must not be retired.`);
  await pointNameAway(nameTargetOf(context), { ...machine, id: providerId ?? '' });
  context.report(`Looking for ${name}`, 10);
  // By its id as well: a person may have renamed it at the provider.
  const isIt = (found: CloudMachine) => found.name === name || found.id === providerId;
  await removeMachines(context, async () => (await findServerMachines(context)).filter(isIt));
  return { end: 'removed' };
};
