import { z } from 'zod';
import { jobKinds } from '#db/model.ts';
import type { Job } from '#db/tables.ts';
import type { LiveJob } from '#queues/bullmq/live.ts';
import { id, instant } from './fields.ts';

/** The states that people see. A job that the row calls released is queued until a worker runs it. */
export const shownStates = ['waiting', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type ShownState = (typeof shownStates)[number];

const fields = {
  id: z.string(),
  serverId: z.string(),
  kind: z.enum(jobKinds),
  state: z.enum(shownStates).meta({
    description:
      'waiting (for another job of its server) → queued → running → succeeded, failed or cancelled. Between two attempts, and while Redis does not answer, a job is queued. An answer that was stored for its Idempotency-Key by an earlier version has `released` for queued.',
  }),
  location: z.string().nullable().meta({ description: 'The target of a rebuild; null for the server’s own location.' }),
  plan: z.string().nullable().meta({ description: 'The new plan of a rebuild; null for the server’s own plan.' }),
  attempts: z
    .number()
    .int()
    .meta({ description: 'The attempts that have begun: 0 until a worker runs the job, 1 in the first run.' }),
  progress: z
    .object({ step: z.string(), percent: z.number() })
    .nullable()
    .meta({ description: 'The current step; null if no worker runs the job, or if Redis does not answer.' }),
  error: z.string().nullable().meta({ description: 'The error of the job or of its last attempt.' }),
  retryOf: z.string().nullable(),
  createdAt: instant,
  finishedAt: instant.nullable(),
};

/** A job as it was when a command recorded it. */
export const recordedJob = z.object(fields).meta({ id: 'RecordedJob' });

export const jobShape = z
  .object({
    ...fields,
    waitsFor: z.string().nullable().meta({ description: 'The id of the job that must end before this one starts.' }),
  })
  .meta({ id: 'Job' });

export const jobParams = z.strictObject({ id: id.meta({ description: 'The id of a job.' }) });

export function showRecordedJob(job: Job): z.output<typeof recordedJob> {
  const { id, serverId, kind, location, plan, attempts, error, retryOf } = job;
  const state = shownState(job);
  const createdAt = job.createdAt.toISOString();
  const finishedAt = job.finishedAt?.toISOString() ?? null;
  return { id, serverId, kind, state, location, plan, attempts, progress: null, error, retryOf, createdAt, finishedAt };
}

/** `live` is the queue's state of an open job. It replaces values of the row, which is only written at the end. */
export function showJob(job: Job, waitsFor: string | null, live: LiveJob | null): z.output<typeof jobShape> {
  const recorded = { ...showRecordedJob(job), waitsFor };
  if (!live) return recorded;
  const { progress, attempts, error, running } = live;
  return { ...recorded, state: shownState(job, running), progress, attempts, error };
}

/** A job is not known to run before the queue says so. */
function shownState({ state }: Pick<Job, 'state'>, isRunning = false): ShownState {
  if (state !== 'released') return state;
  return isRunning ? 'running' : 'queued';
}
