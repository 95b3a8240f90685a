import type { Handler } from '../ports/job-context.ts';
import { makeMachine } from './make-machine.ts';
import { pointName } from './name.ts';

/** A purchase becomes a running server. */
export const create: Handler = async (context) => {
  const machine = await makeMachine(context);
  await pointName(context, machine);
  return { end: 'made', machine };
};
