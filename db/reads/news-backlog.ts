import { literal } from '#db/literal.ts';
import { asc, count, eq, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';

/** The deliveries to webhooks that wait. */
export interface NewsBacklog {
  /** Counted up to 10,000. */
  readonly waiting: number;
  /** The time of the oldest event among them; null: none waits. */
  readonly oldestAt: Date | null;
}

const mostCounted = 10_000;

export function* readNewsBacklog({ db, t: { deliveries } }: Context): Steps<NewsBacklog> {
  const isWaiting = eq(deliveries.state, literal('waiting'));
  const rows = db
    .select({ one: sql`1`.as('one') })
    .from(deliveries)
    .where(isWaiting)
    .limit(mostCounted)
    .as('rows');
  const [counted] = yield* ask(db.select({ count: count() }).from(rows));
  // An id begins with the time of its event.
  const oldest = db.select({ createdAt: deliveries.createdAt }).from(deliveries).where(isWaiting);
  const [first] = yield* ask(oldest.orderBy(asc(deliveries.id)).limit(1));
  return { waiting: counted?.count ?? 0, oldestAt: first?.createdAt ?? null };
}
