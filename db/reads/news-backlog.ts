import { literal } from '#db/literal.ts';
import { asc, eq } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { countUpTo } from './count-up-to.ts';

/** The deliveries to webhooks that wait. */
export interface NewsBacklog {
  /** Counted up to 10,000. */
  readonly waiting: number;
  /** The time of the oldest event among them; null: none waits. */
  readonly oldestAt: Date | null;
}

const mostCounted = 10_000;

export function* readNewsBacklog(context: Context): Steps<NewsBacklog> {
  const { db, t } = context;
  const { deliveries } = t;
  const isWaiting = eq(deliveries.state, literal('waiting'));
  const waiting = yield* countUpTo(context, { table: deliveries, where: isWaiting, most: mostCounted });
  // An id begins with the time of its event.
  const oldest = db.select({ createdAt: deliveries.createdAt }).from(deliveries).where(isWaiting);
  const [first] = yield* ask(oldest.orderBy(asc(deliveries.id)).limit(1));
  return { waiting, oldestAt: first?.createdAt ?? null };
}
