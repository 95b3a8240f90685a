import type { Handler } from '#queues/ports/job-context.ts';
import { pointName } from './steps/dns-name.ts';
import { makeMachine } from './steps/make-machine.ts';

/** Makes the machine of a purchase, and points the server's name at it. */
export const create: Handler = async (context) => {
  const machine = await makeMachine(context);
  await pointName(context, machine);
  return { end: 'made', machine };
};
