import { DatabaseBusyError } from '#db/errors.ts';
import { failuresUntilProbe } from '#db/news.ts';
import { type DeliveryWork, type DueDelivery, mayRun } from '#db/reads/news.ts';
import type { Store } from '#db/store.ts';
import type { DeliveryEnd } from '#db/transactions/news/settle.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import type { Log } from '#queues/ports/log.ts';
import type { Sent, Webhooks } from '#queues/ports/webhooks.ts';
import type { Run } from '#queues/run/run.ts';
import { delayedBy, type RunEnd } from '#queues/run/run-end.ts';
import { nextAttempt, nextProbe } from './attempts.ts';
import type { Slots } from './slots.ts';

export interface DeliverDeps {
  readonly store: Pick<Store, 'readDelivery' | 'settleDelivery' | 'flush'>;
  readonly webhooks: Webhooks;
  readonly slots: Slots;
  readonly now: () => Date;
  readonly log: Log;
  /** Counts an attempt whose end is recorded. */
  readonly onAttempt: (end: AttemptEnd) => void;
  /** Publishes deliveries that are due, in the background. */
  readonly publish: (due: readonly DueDelivery[]) => void;
}

/** `retried`: it failed and another attempt follows. `failed`: it was the last one. `gone`: it was answered with 410. */
export type AttemptEnd = 'delivered' | 'retried' | 'failed' | 'gone';

const databasePauseMs = 2_000;
/** A slot is free again within 15 s, and mostly much earlier. */
const noSlotPauseMs = 250;

/**
 * The life of a run of the queue news: one attempt to send an event to one endpoint. Its id is the delivery's, and
 * nothing else in it is trusted. It sends with no transaction open, and records the end in one. A run that dies in
 * between is repeated with the same bytes: consumers know a message by its id.
 */
export async function deliver(run: Run, deps: DeliverDeps): Promise<RunEnd> {
  try {
    run.signal.throwIfAborted();
    const work = await deps.store.readDelivery(run.id);
    const idle = endWithoutAttempt(work, deps.now());
    // What was read may not be on disk yet. A power cut could undo an event that was sent.
    await deps.store.flush();
    if (idle || !work) return idle ?? noEffect('there is no such delivery');
    const release = await deps.slots.take(work.endpoint.id, mayRun(work.endpoint, deps.now()));
    if (!release) return delayedBy(noSlotPauseMs, 'The webhook has enough attempts at the moment.', deps.now());
    const sent = await send(work, deps).finally(() => giveBack(release, deps));
    return await settle(work, sent, deps);
  } catch (error) {
    return conclude(run, deps, error);
  }
}

/** The end of a run that has nothing to send; null: the delivery is due. */
function endWithoutAttempt(work: DeliveryWork | null, now: Date): RunEnd | null {
  if (!work) return noEffect('there is no such delivery');
  const { delivery, endpoint } = work;
  if (delivery.state === 'failed') return { kind: 'failed', error: delivery.lastError ?? 'It failed.' };
  if (delivery.state !== 'waiting') return noEffect(`it is ${delivery.state}`);
  if (endpoint.state === 'off') return noEffect('the webhook is off');
  // The sweeper publishes it again when it may run.
  if (mayRun(endpoint, now) === 0) return noEffect('the webhook fails, and is tried by one delivery at a time');
  const { nextAt } = delivery;
  return nextAt > now ? { kind: 'delayed', until: nextAt, reason: 'It is not due.' } : null;
}

function noEffect(reason: string): RunEnd {
  return { kind: 'completed', result: `No effect: ${reason}.` };
}

function send({ delivery, endpoint }: DeliveryWork, { webhooks, now }: DeliverDeps): Promise<Sent> {
  const { eventId, message: body } = delivery;
  return webhooks.send({ endpoint, messageId: `msg_${eventId}`, body, at: now() });
}

/** In the background: what was sent is recorded also while Redis does not answer. The slot is free later by itself. */
function giveBack(release: () => Promise<void>, { log }: DeliverDeps): void {
  release().catch((error: unknown) => {
    log.warn({ event: 'slot-not-given-back', error: String(error) }, 'Redis did not take back the slot of a webhook');
  });
}

async function settle(work: DeliveryWork, sent: Sent, deps: DeliverDeps): Promise<RunEnd> {
  const { delivery, endpoint } = work;
  const ending = endingOf(work, sent, deps.now());
  const settled = await deps.store.settleDelivery(ending);
  if (settled.end === 'fenced') return noEffect('another run has settled this attempt');
  deps.onAttempt(ending.end === 'failed' && ending.nextAt !== null ? 'retried' : ending.end);
  deps.publish(settled.due.filter(({ id }) => id !== delivery.id));
  if (settled.off !== null)
    deps.log.warn(
      { event: 'webhook-off', webhookId: endpoint.id, reason: settled.off },
      'Switched a webhook off; nothing is sent to it until an operator switches it on',
    );
  return runEndOf(ending);
}

function endingOf({ delivery: { id, attempts }, endpoint: { url } }: DeliveryWork, sent: Sent, now: Date): DeliveryEnd {
  const { status } = sent;
  const common = { id, url, attempts, status, now, probeAt: (failures: number) => probeAfter(failures, now) };
  if (status === null) return { ...common, end: 'failed', ...failed(sent.error, null, { attempts, now }) };
  if (status >= 200 && status < 300) return { ...common, end: 'delivered', error: null, nextAt: null };
  if (status === 410) return { ...common, end: 'gone', error: 'Answered 410: it wants no more.', nextAt: null };
  const text =
    status >= 300 && status < 400 ? `Answered ${status}: redirects are not followed.` : `Answered ${status}.`;
  return { ...common, end: 'failed', ...failed(text, sent.retryAfterMs, { attempts, now }) };
}

function failed(error: string, retryAfterMs: number | null, { attempts, now }: { attempts: number; now: Date }) {
  return { error, nextAt: nextAttempt({ attempts: attempts + 1, retryAfterMs, now }) };
}

function probeAfter(failures: number, now: Date): Date {
  return nextProbe(failures, { before: failuresUntilProbe, now });
}

function runEndOf({ end, attempts, status, error, nextAt }: DeliveryEnd): RunEnd {
  if (end === 'delivered') return { kind: 'completed', result: `Delivered: answered ${status}.` };
  const text = `Attempt ${attempts + 1} failed. ${error}`;
  return nextAt === null ? { kind: 'failed', error: text } : { kind: 'delayed', until: nextAt, reason: text };
}

function conclude({ signal }: Run, { now }: DeliverDeps, thrown: unknown): RunEnd {
  const error = signal.aborted ? signal.reason : thrown;
  if (error instanceof RunAborted) return error.reason === 'shutdown' ? { kind: 'handed-back' } : { kind: 'lock-lost' };
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof DatabaseBusyError
    ? delayedBy(databasePauseMs, message, now())
    : { kind: 'retry', error: message };
}
