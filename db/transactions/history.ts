import { askHot, type Context, given, hot, type Steps } from '#db/steps.ts';

/** What a server's history can tell, in the order that things happen. */
export const historyEvents = ['purchased', 'requested', 'started', 'succeeded', 'failed', 'cancelled'] as const;
export type HistoryEvent = (typeof historyEvents)[number];

export interface Happening {
  readonly serverId: string;
  readonly jobId: string | null;
  readonly event: HistoryEvent;
  readonly detail: Record<string, unknown>;
  readonly at: Date;
}

const insertHappening = hot('insert_happening', ({ db, t }) => {
  const { serverId, jobId, event, detail, at } = t.history;
  return db.insert(t.history).values({
    serverId: given('serverId', serverId),
    jobId: given('jobId', jobId),
    event: given('event', event),
    detail: given('detail', detail),
    at: given('at', at),
  });
});

/** Adds what happened to the server's history, within the transaction that made it happen. */
export function* tell(_: Context, happening: Happening): Steps<void> {
  yield* askHot(insertHappening, { ...happening });
}
