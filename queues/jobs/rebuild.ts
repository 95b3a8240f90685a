import type { Handler } from '../ports/job-context.ts';
import { makeMachine } from './make-machine.ts';

/**
 * Make before break: the old machine serves until the new one is of use, and then until its grace is over, when the
 * retire that settle records removes it.
 */
export const rebuild: Handler = async (context) => ({ end: 'made', machine: await makeMachine(context) });
