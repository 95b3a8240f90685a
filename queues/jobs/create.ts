import type { Handler } from '../ports/job-context.ts';
import { makeMachine } from './make-machine.ts';

/** A purchase becomes a running server. */
export const create: Handler = async (context) => ({ end: 'made', machine: await makeMachine(context) });
