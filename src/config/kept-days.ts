import type { KeptDays } from '#queues/upkeep/prune.ts';
import { given } from './read.ts';
import type { Values } from './variables.ts';

/** After so long, the last word of a worker says no more than its log. */
const workersKeptDays = 1;

export function keptDays(values: Values): KeptDays {
  const servers = given(values, 'SERVERS_KEPT_DAYS');
  return {
    answers: given(values, 'ANSWERS_KEPT_DAYS'),
    deliveries: given(values, 'DELIVERIES_KEPT_DAYS'),
    jobs: given(values, 'JOBS_KEPT_DAYS'),
    machines: servers,
    servers,
    workers: workersKeptDays,
  };
}

/** A destroyed server takes its jobs with it, and its page has room for a few. */
export function keptDaysFaults({ JOBS_KEPT_DAYS, SERVERS_KEPT_DAYS }: Values): string[] {
  if (JOBS_KEPT_DAYS === null || SERVERS_KEPT_DAYS === null || JOBS_KEPT_DAYS <= SERVERS_KEPT_DAYS) return [];
  return [`JOBS_KEPT_DAYS must be at most SERVERS_KEPT_DAYS, which is ${SERVERS_KEPT_DAYS}; it is ${JOBS_KEPT_DAYS}.`];
}
