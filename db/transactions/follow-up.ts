import { jobTraits } from '#db/job-traits.ts';
import type { Context, Steps } from '#db/steps.ts';
import type { Job } from '#db/tables.ts';
import { cancelRetires, cancelWaiting } from './cancel.ts';
import { addJob } from './line.ts';
import { type Ending, graceEnd } from './outcome.ts';
import { lineHead, releaseHead } from './release.ts';

/**
 * Adds and cancels the jobs that the end of this job requires; `cause` is the uid of its event. Returns the jobs that it
 * released in other lines.
 */
export function* followUp(context: Context, ending: Ending, cause: string): Steps<Job[]> {
  const { server, job, settlement } = ending;
  const { outcome, now } = settlement;
  const { about, failureCancelsWaiting } = jobTraits[job.kind];
  if (outcome.end === 'made') return yield* retireEarlier(context, ending, cause);
  if (outcome.end === 'removed' && about === 'server')
    yield* cancelRetires(context, server, { error: 'All machines of the server were removed.', cause, now });
  if (outcome.end === 'failed' && failureCancelsWaiting)
    yield* cancelWaiting(context, server, { error: `The ${job.kind} job before this job failed.`, cause, now });
  return [];
}

/** The machine that the new one replaces is retired after the grace. */
function* retireEarlier(context: Context, { server, settlement }: Ending, cause: string): Steps<Job[]> {
  const { machineId } = server;
  if (!machineId) return [];
  const { now } = settlement;
  yield* addJob(context, server, {
    kind: 'retire',
    line: machineId,
    machineId,
    dueAt: graceEnd(settlement),
    requestedBy: 'policy',
    requestId: null,
    createdAt: now,
    cause,
  });
  const released = yield* releaseHead(context, yield* lineHead(machineId), now);
  return released ? [released] : [];
}
