import type { Handler } from '#queues/ports/job-context.ts';
import { create } from './create.ts';

/** Makes the next machine of a suspended server, with the keys that it kept, and points its name at it. */
export const resume: Handler = create;
