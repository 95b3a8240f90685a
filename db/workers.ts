/**
 * What a worker process says of itself: that it takes jobs, why it takes none, that it hands back its jobs, or that it
 * has stopped.
 */
export const workerStates = [
  'takes jobs',
  'clock wrong',
  'Redis unavailable',
  'database unavailable',
  'drains',
  'stopped',
] as const;
export type WorkerState = (typeof workerStates)[number];
