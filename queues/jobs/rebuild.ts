import type { Handler } from '#queues/ports/job-context.ts';
import { pointName } from './steps/dns-name.ts';
import { makeMachine } from './steps/make-machine.ts';

/**
 * Makes the server's next machine; at the cloud and the DNS that is the same as a create. Make before break: the old
 * machine serves until the name points at the new one, and then for its grace. The retire job that settle records
 * removes it.
 */
export const rebuild: Handler = async (context) => {
  const machine = await makeMachine(context);
  // Without names, nothing else asks whether it was cancelled since the last look at the cloud.
  if (!context.dns) await context.assertWanted();
  await pointName(context, machine);
  return { end: 'made', machine };
};
