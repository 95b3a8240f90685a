import { z } from 'zod';
import { jobKinds, jobStates } from '#db/model.ts';
import type { Job } from '#db/tables.ts';
import type { LiveJob } from '#queues/bullmq/live.ts';
import { id, instant } from './fields.ts';

const fields = {
  id: z.string(),
  serverId: z.string(),
  kind: z.enum(jobKinds),
  state: z.enum(jobStates).meta({ description: 'waiting → released → succeeded, failed or cancelled' }),
  location: z.string().nullable().meta({ description: 'The target of a rebuild; null for the server’s own location.' }),
  plan: z.string().nullable().meta({ description: 'The new plan of a rebuild; null for the server’s own plan.' }),
  attempts: z.number().int(),
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
  const { id, serverId, kind, state, location, plan, attempts, error, retryOf } = job;
  const createdAt = job.createdAt.toISOString();
  const finishedAt = job.finishedAt?.toISOString() ?? null;
  return { id, serverId, kind, state, location, plan, attempts, progress: null, error, retryOf, createdAt, finishedAt };
}

/** `live` is the queue's state of an open job. It replaces values of the row, which is only written at the end. */
export function showJob(job: Job, waitsFor: string | null, live: LiveJob | null): z.output<typeof jobShape> {
  return { ...showRecordedJob(job), ...(live ?? {}), waitsFor };
}
