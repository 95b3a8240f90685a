import { jobTraits } from '#db/job-traits.ts';
import { unindexed } from '#db/literal.ts';
import { jobKinds } from '#db/model.ts';
import { and, eq, inArray, lt, sql } from '#db/orm.ts';
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

const cancelBefore = hot('cancel_before', ({ db, t: { jobs } }) =>
  db
    .update(jobs)
    .set(cancelledIn(jobs))
    .where(
      and(
        eq(jobs.line, sql.placeholder('serverId')),
        eq(unindexed(jobs.state), 'waiting'),
        lt(jobs.position, sql.placeholder('position')),
      ),
    )
    .returning(),
);

const cancelNeedy = hot('cancel_needy', ({ db, t: { jobs } }) =>
  db
    .update(jobs)
    .set(cancelledIn(jobs))
    .where(
      and(
        eq(jobs.line, sql.placeholder('serverId')),
        eq(unindexed(jobs.state), 'waiting'),
        inArray(unindexed(jobs.kind), ofMachines),
      ),
    )
    .returning(),
);

const cancelOwnLines = hot('cancel_retires', ({ db, t: { jobs } }) =>
  db
    .update(jobs)
    .set(cancelledIn(jobs))
    .where(
      and(
        eq(jobs.serverId, sql.placeholder('serverId')),
        inArray(unindexed(jobs.kind), ofOwnLines),
        inArray(unindexed(jobs.state), ['waiting', 'released']),
      ),
    )
    .returning(),
);

function cancelledIn({ error, finishedAt }: Tables['jobs']) {
  return { state: 'cancelled' as const, error: given('error', error), finishedAt: given('finishedAt', finishedAt) };
}

/** Cancels the jobs that wait in front of this one in the server's line. */
export function cancelInFront(context: Context, { serverId, position }: Job, why: Cancellation): Steps<void> {
  return cancel(context, { which: cancelBefore, values: { serverId, position } }, why);
}

/** Cancels the waiting jobs of the server's line that need its machine; removals stay. */
export function cancelWaiting(context: Context, { id: serverId }: Pick<Server, 'id'>, why: Cancellation): Steps<void> {
  return cancel(context, { which: cancelNeedy, values: { serverId } }, why);
}

/** Cancels the open retires of the server. One of them may run; its settle will be fenced. */
export function cancelRetires(context: Context, { id: serverId }: Pick<Server, 'id'>, why: Cancellation): Steps<void> {
  return cancel(context, { which: cancelOwnLines, values: { serverId } }, why);
}

interface Which {
  readonly which: HotQuery<Job[]>;
  readonly values: Readonly<Record<string, unknown>>;
}

function* cancel(context: Context, { which, values }: Which, { error, cause, now }: Cancellation): Steps<void> {
  for (const job of yield* askHot(which, { ...values, error, finishedAt: now }))
    yield* recordTurn(context, { turn: 'cancelled', job, actor: 'policy', at: now, cause, detail: { error } });
}
