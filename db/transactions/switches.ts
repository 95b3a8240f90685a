import {
  type Ordering,
  orderingSetting,
  type QueueSwitch,
  queueSetting,
  type Sale,
  type SwitchedBy,
  saleSetting,
} from '#db/settings.ts';
import type { Context, Steps } from '#db/steps.ts';
import { recordEvent } from './events.ts';
import { lookAtSoldOut } from './payments/looks.ts';
import { type Actor, causedBy } from './request.ts';
import { putSetting } from './settings.ts';

/** Stops or resumes the sale. To resume it makes a look due at each payment that was held meanwhile. */
export function* changeSale(context: Context, sale: Sale, actor: Actor): Steps<void> {
  yield* putSetting(context, saleSetting, { value: sale, now: actor.now });
  if (sale.open) yield* lookAtSoldOut(context, actor.now);
  yield* recordEvent(context, { ...switched(sale, actor), type: sale.open ? 'sale.resumed' : 'sale.stopped' });
}

export interface SwitchedQueue extends Required<QueueSwitch> {
  /** The name of the queue. */
  readonly queue: string;
}

/** The queue whose last switch is shown with its reason. */
const shownQueue = 'servers';

/** Records that a queue was paused or resumed. */
export function* changeQueue(context: Context, { queue, ...change }: SwitchedQueue, actor: Actor): Steps<void> {
  if (queue === shownQueue) yield* putSetting(context, queueSetting, { value: change, now: actor.now });
  const type = change.paused ? 'queue.paused' : 'queue.resumed';
  yield* recordEvent(context, { ...switched(change, actor), type, subject: queue });
}

/** Resumes orders of machines: those that never answered count no more. */
export function* resumeOrdering(context: Context, ordering: Ordering, actor: Actor): Steps<void> {
  yield* putSetting(context, orderingSetting, { value: ordering, now: actor.now });
  yield* recordEvent(context, { ...switched({}, actor), type: 'ordering.resumed' });
}

function switched({ reason = null }: SwitchedBy, actor: Actor) {
  return { ...causedBy(actor), detail: reason === null ? {} : { reason } };
}
