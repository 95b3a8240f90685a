import { type Handler, NonRetryableError } from '#queues/ports/job-context.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { nameTargetOf, pointNameAway } from './steps/dns-name.ts';
import { findAllOf } from './steps/find-machines.ts';
import { removeMachines } from './steps/remove-machines.ts';

/** Removes one replaced machine, after the grace in which clients move to its successor. */
export const retire: Handler = async (context) => {
  const { machine, server } = context;
  // The inventory has verified it gone before we came.
  if (!machine) return { end: 'removed' };
  const { name, providerId } = machine;
  if (machine.id === server.machineId)
    throw new NonRetryableError(`Machine ${name} serves the customer; it must not be retired.`);
  await pointNameAway(nameTargetOf(context), { ...machine, id: providerId ?? '' });
  context.report(`Looking for ${name}`, 10);
  // By its id as well: somebody may have given it another name.
  const isIt = (found: CloudMachine) => found.name === name || found.id === providerId;
  await removeMachines(context, async () => (await findAllOf(context)).filter(isIt));
  return { end: 'removed' };
};
