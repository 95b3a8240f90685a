import { ask, type Context, type Steps } from '../steps.ts';

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

/** Adds what happened to the server's history, within the transaction that made it happen. */
export function* tell({ db, t }: Context, happening: Happening): Steps<void> {
  yield* ask(db.insert(t.history).values(happening));
}
