import { askHot, type Context, hot, type Steps, wholeRow } from '#db/steps.ts';
import type { Job, Machine, Server, Tables } from '#db/tables.ts';
import { type NewJob, newJobRow } from './line.ts';
import { rankIn, rankValues } from './rank.ts';
import { insertMachine, newMachineRow, recordStart } from './release.ts';

const insertFirstJob = hot('insert_first_job', ({ db, t }) =>
  db.insert(t.jobs).values(withRank(t)).returning({ rank: t.jobs.rank }),
);

function withRank(t: Tables): never {
  return { ...(wholeRow(t.jobs) as object), rank: rankIn(t) } as never;
}

/**
 * Writes a server's first job as the released head of its line, with the machine that it makes. Returns the job with
 * its rank.
 */
export function* addFirstJob(context: Context, { job, machine, server }: FirstJob): Steps<Job> {
  yield* askHot(insertMachine, { ...machine });
  const [inserted] = yield* askHot(insertFirstJob, { ...job, ...rankValues(server) });
  yield* recordStart(context, job, job.createdAt);
  return { ...job, rank: inserted?.rank ?? job.rank };
}

export interface FirstJob {
  readonly job: Job;
  readonly machine: Machine;
  readonly server: Server;
}

/** The rows of a new server's create job. `server` is the row with the job's position and generation. */
export function planFirstJob(server: Server, job: Omit<NewJob, 'kind'>): FirstJob {
  const waiting = newJobRow(server, { kind: 'create', ...job });
  const machine = newMachineRow(server, { head: waiting, now: job.createdAt });
  return { job: { ...waiting, state: 'released', releasedAt: job.createdAt, machineId: machine.id }, machine, server };
}
