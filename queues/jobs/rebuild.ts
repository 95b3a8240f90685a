import type { Handler } from '#queues/ports/job-context.ts';
import { create } from './create.ts';

/**
 * At the cloud and the DNS the same as a create, for the server's next machine. Make before break: the old one serves until
 * the new one is of use and the name points at it, and then until its grace is over, when the retire that settle records
 * removes it.
 */
export const rebuild: Handler = create;
