import type { Handler } from '#queues/ports/job-context.ts';
import { removeAllMachines } from './steps/remove-all-machines.ts';

/**
 * Removes every machine of the server: a cloud bills a stopped machine like a running one. The server keeps its name, its
 * keys and its tag, so that the next machine serves the same customer's config.
 */
export const suspend: Handler = async (context) => {
  await removeAllMachines(context);
  return { end: 'removed' };
};
