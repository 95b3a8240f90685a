import { askHot, type Context, given, hotWrite, type Steps } from '#db/steps.ts';

/** The events of a server's history, in the order in which they happen. */
export const historyEvents = ['purchased', 'requested', 'started', 'succeeded', 'failed', 'cancelled'] as const;
export type HistoryEventName = (typeof historyEvents)[number];

export interface HistoryEvent {
  readonly serverId: string;
  readonly jobId: string | null;
  readonly event: HistoryEventName;
  readonly detail: Record<string, unknown>;
  readonly at: Date;
}

const insertEvent = hotWrite('insert_event', ({ db, t }) => {
  const { serverId, jobId, event, detail, at } = t.history;
  return db.insert(t.history).values({
    serverId: given('serverId', serverId),
    jobId: given('jobId', jobId),
    event: given('event', event),
    detail: given('detail', detail),
    at: given('at', at),
  });
});

/** Adds an event to the server's history, in the transaction that causes it. */
export function* recordEvent(_: Context, event: HistoryEvent): Steps<void> {
  yield* askHot(insertEvent, { ...event });
}
