import { sql } from '#db/orm.ts';
import { askAhead, askHot, type Context, hot, type Steps } from '#db/steps.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import { insertJob, type NewJob, newJobRow } from './line.ts';
import { rankIn, rankValues } from './rank.ts';
import { insertMachine, newMachineRow, recordStart } from './release.ts';

/** A statement of its own: a RETURNING of the insert takes three times as long on SQLite. */
const rankOf = hot('first_job_rank', ({ db, t }) => db.select({ rank: rankIn(t) }).from(sql`(select 1) as one`));

/** Asks for the rank of a new server's first job, together with the next query. Returns how to read it. */
export function askFirstRank(server: Server): Steps<() => Steps<number>> {
  return askAhead(rankOf, rankValues(server), ([found]) => Number(found?.rank ?? 0));
}

/** Writes a server's first job as the released head of its line, with the machine that it makes. Returns the job. */
export function* addFirstJob(context: Context, { job, machine }: FirstJob, rank: number): Steps<Job> {
  yield* askHot(insertMachine, { ...machine });
  const ranked = { ...job, rank };
  yield* askHot(insertJob, ranked);
  yield* recordStart(context, job, job.createdAt);
  return ranked;
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
