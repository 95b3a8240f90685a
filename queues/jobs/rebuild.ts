import type { Handler } from '../ports/job-context.ts';
import { makeMachine } from './make-machine.ts';
import { pointName } from './name.ts';

/**
 * Make before break: the old machine serves until the new one is of use and the name points at it, and then until its
 * grace is over, when the retire that settle records removes it.
 */
export const rebuild: Handler = async (context) => {
  const machine = await makeMachine(context);
  await pointName(context, machine);
  return { end: 'made', machine };
};
