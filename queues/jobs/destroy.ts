import type { Handler } from '#queues/ports/job-context.ts';
import { forgetOwner } from './steps/forget-owner.ts';
import { removeAllMachines } from './steps/remove-all-machines.ts';

/** Removes every machine of the server, and deletes the tag that they had. */
export const destroy: Handler = async (context) => {
  await removeAllMachines(context);
  await forgetOwner(context);
  return { end: 'removed' };
};
