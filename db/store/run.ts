import type { Context, Steps } from '#db/steps.ts';

/** Runs a named read, or a named transaction. */
export type Run = <R>(name: string, steps: (context: Context) => Steps<R>) => Promise<R>;
