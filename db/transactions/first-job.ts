import { askHot, type Context, type Steps } from '#db/steps.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import { insertJob, insertMachine, type NewJob, newJobRow, newMachineRow, recordStart } from './line.ts';

/** Writes a server's first job as the released head of its line, with the machine that it makes. */
export function* addFirstJob(context: Context, { job, machine }: FirstJob): Steps<void> {
  yield* askHot(insertMachine, { ...machine });
  yield* askHot(insertJob, { ...job });
  yield* recordStart(context, job, job.createdAt);
}

export interface FirstJob {
  readonly job: Job;
  readonly machine: Machine;
}

/** The rows of a new server's create job. `server` is the row with the job's position and generation. */
export function planFirstJob(server: Server, job: Omit<NewJob, 'kind'>): FirstJob {
  const waiting = newJobRow(server, { kind: 'create', ...job });
  const machine = newMachineRow(server, { head: waiting, now: job.createdAt });
  return { job: { ...waiting, state: 'released', releasedAt: job.createdAt, machineId: machine.id }, machine };
}
