import type { Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import { nextRebuild } from './times.ts';

export interface FireDueDeps {
  readonly store: Pick<Store, 'takeLease' | 'readDueSchedules' | 'fireSchedule'>;
  /** Names this process in the lease. */
  readonly holder: string;
  readonly now: () => Date;
  /** Publishes a job that was released, in the background. */
  readonly publish: (job: Job) => void;
}

const leaseMs = 30_000;
/** The rest is for the next pass. */
const mostPerPass = 100;

/**
 * Asks for the rebuilds that are due, each in one transaction, if this process has or gets the lease. Two processes
 * that do so at once do no harm.
 */
export async function fireDueSchedules(deps: FireDueDeps, signal: AbortSignal): Promise<void> {
  const { store, holder, now, publish } = deps;
  if (!(await store.takeLease('schedules', holder, { now: now(), forMs: leaseMs }))) return;
  for (const serverId of await store.readDueSchedules(now(), mostPerPass)) {
    signal.throwIfAborted();
    const at = now();
    const fired = await store.fireSchedule({
      serverId,
      now: at,
      nextAt: (schedule) => nextRebuild(schedule, serverId, at),
    });
    if (fired.end === 'rebuild') publish(fired.job);
    if (fired.end === 'paused') return;
  }
}
