import { countOf } from './crashes.ts';

/** The counters of a BullMQ job. */
export interface Counters {
  readonly attemptsMade: number;
  readonly attemptsStarted: number;
  readonly finishedOn?: number | undefined;
}

/**
 * The attempts that have begun, for people: the used ones, and the one that runs or was delayed without being used.
 * BullMQ itself counts an attempt when it has ended, and each delivery as a start.
 */
export function attemptsBegun({ attemptsMade, attemptsStarted, finishedOn }: Counters): number {
  const made = countOf(attemptsMade);
  return finishedOn === undefined && countOf(attemptsStarted) > made ? made + 1 : made;
}
