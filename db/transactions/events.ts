import { type ActorName, type EventType, type JobTurn, jobEvents } from '#db/events.ts';
import { newId } from '#db/ids.ts';
import { askHot, type Context, given, hotWrite, type Steps } from '#db/steps.ts';
import type { EventRow, Job } from '#db/tables.ts';

/** An event that is about to be written. Absent fields are null. */
export interface NewEvent {
  /** Given if other rows name the event. */
  readonly uid?: string;
  readonly type: EventType;
  readonly actor: ActorName;
  readonly at: Date;
  /** The uid of the event that caused it. */
  readonly cause?: string | null;
  /** The HTTP request that it records. */
  readonly requestId?: string | null;
  readonly serverId?: string | null;
  readonly jobId?: string | null;
  readonly subscriptionId?: string | null;
  readonly subject?: string | null;
  /** Read by people and programs, also after the rows are gone: without keys, and without a customer's name. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The event's row, but for its number, which the database draws. */
type EventValues = Omit<EventRow, 'id'>;

export const insertEvent = hotWrite('insert_event', ({ db, t }) => {
  const { uid, at, type, actor, cause, requestId, serverId, jobId, subscriptionId, subject, detail } = t.events;
  return db.insert(t.events).values({
    uid: given('uid', uid),
    at: given('at', at),
    type: given('type', type),
    actor: given('actor', actor),
    cause: given('cause', cause),
    requestId: given('requestId', requestId),
    serverId: given('serverId', serverId),
    jobId: given('jobId', jobId),
    subscriptionId: given('subscriptionId', subscriptionId),
    subject: given('subject', subject),
    detail: given('detail', detail),
  });
});

/** Writes an event, in the transaction of the change that it records. Its cause must be written. Returns its uid. */
export function* recordEvent(_: Context, event: NewEvent): Steps<string> {
  const values = valuesOf(event);
  yield* askHot(insertEvent, { ...values });
  return values.uid;
}

function valuesOf(event: NewEvent): EventValues {
  const { uid = newId('evt', event.at), type, actor, at, detail } = event;
  const {
    cause = null,
    requestId = null,
    serverId = null,
    jobId = null,
    subscriptionId = null,
    subject = null,
  } = event;
  return { uid, at, type, actor, cause, requestId, serverId, jobId, subscriptionId, subject, detail };
}

export interface TurnOfJob extends Pick<NewEvent, 'uid' | 'actor' | 'at' | 'requestId' | 'subject'> {
  readonly turn: JobTurn;
  readonly job: Pick<Job, 'id' | 'serverId' | 'kind'>;
  readonly cause: string | null;
  /** In addition to the job's kind. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Writes the event of one turn in a job's life. Returns its uid. */
export function recordTurn(context: Context, { turn, job, detail, ...rest }: TurnOfJob): Steps<string> {
  const { id: jobId, serverId, kind } = job;
  return recordEvent(context, { ...rest, type: jobEvents[kind][turn], jobId, serverId, detail: { kind, ...detail } });
}
