import type { KeyName } from '#db/events.ts';
import { and, desc, eq, inArray } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { EventRow, OrderedRemoval } from '#db/tables.ts';
import { recordEvent } from './events.ts';

/**
 * Marks an abandoned or replaced machine as gone, once the inventory has verified it. False: it is in another state,
 * and nothing was changed.
 */
export function* markMachineGone({ db, t }: Context, machineId: string, now: Date): Steps<boolean> {
  const marked = yield* ask(
    db
      .update(t.machines)
      .set({ state: 'gone', goneAt: now })
      .where(and(eq(t.machines.id, machineId), inArray(t.machines.state, ['abandoned', 'replaced'])))
      .returning(),
  );
  return marked.length > 0;
}

/** The caller who orders a removal, and the server in the machine's tag. */
export interface RemovalOrder extends OrderedRemoval {
  readonly requestId: string | null;
  readonly actor: KeyName;
  readonly serverId: string | null;
}

/** Records an operator's order to remove a machine without a row. A new order replaces an earlier one. */
export function* orderRemoval(context: Context, order: RemovalOrder): Steps<void> {
  const { db, t } = context;
  const { requestId, actor, serverId, ...row } = order;
  yield* ask(
    db.insert(t.orderedRemovals).values(row).onConflictDoUpdate({ target: t.orderedRemovals.providerId, set: row }),
  );
  const about = { subject: row.providerId, serverId, requestId, detail: { name: row.name } };
  yield* recordEvent(context, { type: 'machine.removal_ordered', actor, at: row.orderedAt, ...about });
}

/** A machine that the inventory has removed. */
export interface Removal {
  readonly providerId: string;
  readonly name: string;
  readonly because: string;
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly serverId: string | null;
  readonly now: Date;
}

/**
 * Records a removal, caused by the last order for this machine if there is one. A machine that stays listed for a while
 * is removed again by the next pass, which records nothing more.
 */
export function* recordRemoval(context: Context, removal: Removal): Steps<void> {
  const { providerId: subject, serverId, now: at, name, because, ipv4, ipv6 } = removal;
  const last = yield* lastAbout(context, subject);
  if (last?.type === 'machine.removed') return;
  const cause = last?.type === 'machine.removal_ordered' ? last.uid : null;
  const detail = { name, because, ipv4, ipv6 };
  yield* recordEvent(context, { type: 'machine.removed', actor: 'inventory', at, cause, subject, serverId, detail });
}

function* lastAbout({ db, t: { events } }: Context, subject: string): Steps<EventRow | undefined> {
  const about = db.select().from(events).where(eq(events.subject, subject));
  const [last] = yield* ask(about.orderBy(desc(events.id)).limit(1));
  return last;
}
