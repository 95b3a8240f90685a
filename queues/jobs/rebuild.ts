import type { Handler } from '#queues/ports/job-context.ts';
import { create } from './create.ts';

/**
 * Makes the server's next machine; at the cloud and the DNS that is the same as a create. Make before break: the old
 * machine serves until the name points at the new one, and then for its grace. The retire job that settle records
 * removes it.
 */
export const rebuild: Handler = create;
