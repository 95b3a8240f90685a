import type { ServerStatus } from '#db/model.ts';
import type { StandingName } from '#db/subscriptions.ts';
import type { WorkerState } from '#db/workers.ts';
import { badge, type Tone } from '#src/html/badge.ts';
import type { Html } from '#src/html/html.ts';
import type { ShownState } from '#src/http/shapes/job.ts';

const serverTones = {
  installing: 'busy',
  running: 'good',
  rebuilding: 'busy',
  suspending: 'busy',
  suspended: 'calm',
  resuming: 'busy',
  destroying: 'busy',
  destroyed: 'calm',
  failed: 'bad',
} as const satisfies Record<ServerStatus, Tone>;

export function serverBadge(status: ServerStatus): Html {
  return badge(status, serverTones[status]);
}

const jobTones = {
  waiting: 'calm',
  queued: 'calm',
  running: 'busy',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'calm',
} as const satisfies Record<ShownState, Tone>;

export function jobBadge(state: ShownState): Html {
  return badge(state, jobTones[state]);
}

const standingTones = {
  unpaid: 'calm',
  good: 'good',
  overdue: 'warn',
  held: 'bad',
  over: 'calm',
} as const satisfies Record<StandingName, Tone>;

export function standingBadge(standing: StandingName): Html {
  return badge(standing, standingTones[standing]);
}

const workerTones = {
  'takes jobs': 'good',
  'clock wrong': 'bad',
  'Redis unavailable': 'bad',
  'database unavailable': 'bad',
  drains: 'busy',
  stopped: 'calm',
} as const satisfies Record<WorkerState, Tone>;

/** The last state of a silent worker may be wrong by now, so it is not shown. */
export function workerBadge({ state, silent }: { readonly state: WorkerState; readonly silent: boolean }): Html {
  return silent ? badge('silent', 'bad') : badge(state, workerTones[state]);
}
