import { jobKinds, jobTraits } from '#db/model.ts';
import { and, eq, inArray, type SQL } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Server } from '#db/tables.ts';
import { recordEvent } from './history.ts';

interface Cancellation {
  /** Recorded as the jobs' error and in the history. */
  readonly error: string;
  readonly now: Date;
}

/** Cancels the waiting jobs of the server's line, except a destroy. */
export function* cancelWaiting(context: Context, server: Server, why: Cancellation): Steps<void> {
  const { jobs } = context.t;
  const ofMachines = jobKinds.filter((kind) => jobTraits[kind].about === 'machine');
  const which = and(eq(jobs.line, server.id), eq(jobs.state, 'waiting'), inArray(jobs.kind, ofMachines));
  yield* cancel(context, which, why);
}

/** Cancels the open retires of the server. One of them may run; its settle will be fenced. */
export function* cancelRetires(context: Context, server: Server, why: Cancellation): Steps<void> {
  const { jobs } = context.t;
  const open = inArray(jobs.state, ['waiting', 'released']);
  const ofOwnLines = jobKinds.filter((kind) => jobTraits[kind].line === 'machine');
  yield* cancel(context, and(eq(jobs.serverId, server.id), inArray(jobs.kind, ofOwnLines), open), why);
}

function* cancel(context: Context, which: SQL | undefined, { error, now }: Cancellation): Steps<void> {
  const { db, t } = context;
  const cancelled = yield* ask(
    db.update(t.jobs).set({ state: 'cancelled', error, finishedAt: now }).where(which).returning(),
  );
  for (const { id, serverId, kind } of cancelled) {
    yield* recordEvent(context, { serverId, jobId: id, event: 'cancelled', detail: { kind, error }, at: now });
  }
}
