import { DatabaseBusyError } from '#db/errors.ts';
import type { Store } from '#db/store.ts';
import type { PaymentsGate } from '#queues/gates/payments-gate.ts';
import { busyServicePauseMs, notAllowedPauseMs, paymentsOutagePauseMs } from '#queues/limits.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { PaymentsError } from '#queues/ports/payments.ts';
import type { Run } from '#queues/run/run.ts';
import { delayedBy, type RunEnd } from '#queues/run/run-end.ts';
import { type LookDeps, type LookEnd, lookAtDue, lookByNotice } from './look.ts';

export interface PaymentPerformDeps extends LookDeps {
  readonly store: LookDeps['store'] & Pick<Store, 'readNotice' | 'flush'>;
  readonly gate: Pick<PaymentsGate, 'waitMs' | 'fault'>;
  /** Counts the end of a look. */
  readonly onLook: (end: LookEnd) => void;
}

const databasePauseMs = 2_000;

/**
 * The life of a run of the queue payments. Its id is that of a notice or a subscription, and nothing else in it is
 * trusted. A notice that is closed and a look that is not due have no effect. A look ends in one transaction; before
 * that, any error only means that it is tried again, for ever: while Stripe is away, nothing happens to any server.
 */
export async function performPayment(run: Run, deps: PaymentPerformDeps): Promise<RunEnd> {
  const pauseMs = deps.gate.waitMs();
  if (pauseMs > 0)
    return delayedBy(pauseMs, `Stripe accepts no calls at the moment (${deps.gate.fault()}).`, deps.now());
  try {
    const result = await act(run, deps);
    // The queue must not learn of an end that is not durable.
    await deps.store.flush();
    return { kind: 'completed', result };
  } catch (error) {
    return conclude(run, deps, error);
  }
}

async function act(run: Run, deps: PaymentPerformDeps): Promise<string> {
  const { store } = deps;
  const look = { attempts: run.attemptsMade + 1, signal: run.signal };
  run.signal.throwIfAborted();
  if (run.id.startsWith('sub_')) {
    const row = await store.readSubscription(run.id);
    const isDue = row !== null && row.changesAt !== null && row.changesAt <= deps.now();
    return isDue ? count(deps, await lookAtDue(deps, run.id, look)) : 'No effect: it is not due.';
  }
  const notice = await store.readNotice(run.id);
  if (notice === null) return 'No effect: there is no such notice.';
  if (notice.state !== 'received') return `No effect: it is ${notice.state}.`;
  return count(deps, await lookByNotice(deps, notice, look));
}

function count(deps: PaymentPerformDeps, end: LookEnd): LookEnd {
  deps.onLook(end);
  return end;
}

function conclude({ signal }: Run, { gate, now }: PaymentPerformDeps, thrown: unknown): RunEnd {
  const error = signal.aborted ? signal.reason : thrown;
  if (error instanceof RunAborted) return error.reason === 'shutdown' ? { kind: 'handed-back' } : { kind: 'lock-lost' };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof DatabaseBusyError) return delayedBy(databasePauseMs, message, now());
  if (!(error instanceof PaymentsError)) return { kind: 'retry', error: message };
  switch (error.fault) {
    case 'unavailable':
      return delayedBy(paymentsOutagePauseMs, message, now());
    case 'rate-limited':
      return delayedBy(Math.max(gate.waitMs(), busyServicePauseMs), message, now());
    case 'not-allowed':
      return delayedBy(notAllowedPauseMs, message, now());
    case 'absent':
    case 'rejected':
      return { kind: 'retry', error: message };
  }
}
