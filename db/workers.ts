/**
 * The states that a worker process reports: it takes jobs, takes none for this reason, hands back its jobs, or has
 * stopped.
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
