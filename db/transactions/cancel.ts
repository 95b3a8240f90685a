import { jobKinds, jobTraits } from '#db/model.ts';
import { and, eq, inArray, sql } from '#db/orm.ts';
import { askHot, type Context, given, type HotQuery, hot, type Steps } from '#db/steps.ts';
import type { Job, Server, Tables } from '#db/tables.ts';
import { recordTurn } from './events.ts';

interface Cancellation {
  /** Recorded as the jobs' error and in their events. */
  readonly error: string;
  /** The uid of the event that made the jobs pointless. */
  readonly cause: string;
  readonly now: Date;
}

const ofMachines = jobKinds.filter((kind) => jobTraits[kind].about === 'machine');
const ofOwnLines = jobKinds.filter((kind) => jobTraits[kind].line === 'machine');

const cancelInLine = hot('cancel_waiting', ({ db, t: { jobs } }) =>
  db
    .update(jobs)
    .set(cancelledIn(jobs))
    .where(and(eq(jobs.line, sql.placeholder('serverId')), eq(jobs.state, 'waiting'), inArray(jobs.kind, ofMachines)))
    .returning(),
);

const cancelOwnLines = hot('cancel_retires', ({ db, t: { jobs } }) =>
  db
    .update(jobs)
    .set(cancelledIn(jobs))
    .where(
      and(
        eq(jobs.serverId, sql.placeholder('serverId')),
        inArray(jobs.kind, ofOwnLines),
        inArray(jobs.state, ['waiting', 'released']),
      ),
    )
    .returning(),
);

function cancelledIn({ error, finishedAt }: Tables['jobs']) {
  return { state: 'cancelled' as const, error: given('error', error), finishedAt: given('finishedAt', finishedAt) };
}

/** Cancels the waiting jobs of the server's line, except a destroy. */
export function cancelWaiting(context: Context, server: Pick<Server, 'id'>, why: Cancellation): Steps<void> {
  return cancel(context, cancelInLine, { server, ...why });
}

/** Cancels the open retires of the server. One of them may run; its settle will be fenced. */
export function cancelRetires(context: Context, server: Pick<Server, 'id'>, why: Cancellation): Steps<void> {
  return cancel(context, cancelOwnLines, { server, ...why });
}

function* cancel(
  context: Context,
  which: HotQuery<Job[]>,
  { server, error, cause, now }: Cancellation & { server: Pick<Server, 'id'> },
): Steps<void> {
  for (const job of yield* askHot(which, { serverId: server.id, error, finishedAt: now }))
    yield* recordTurn(context, { turn: 'cancelled', job, actor: 'policy', at: now, cause, detail: { error } });
}
