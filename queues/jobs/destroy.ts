import type { Handler } from '#queues/ports/job-context.ts';
import { clearName } from './steps/dns-name.ts';
import { findAllOf } from './steps/find-machines.ts';
import { removeMachines } from './steps/remove-machines.ts';

/**
 * The name first, since a provider gives a freed address to somebody else; then every machine of the server, whoever
 * made it and whenever, verified gone.
 */
export const destroy: Handler = async (context) => {
  await clearName(context);
  context.report('Looking for the machines of the server', 10);
  const look = () => findAllOf(context);
  await removeMachines(context, look);
  if (context.machines.some(({ providerId }) => providerId === null)) {
    // An order may be under way whose machine no list shows yet.
    context.report('Waiting until the provider would list a machine of an earlier run', 80);
    await context.sleep(context.provider.listLagMs);
    await removeMachines(context, look);
  }
  return { end: 'removed' };
};
