import { type Setting, setting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import type { PaymentsGate } from '#queues/gates/payments-gate.ts';
import type { Payments } from '#queues/ports/payments.ts';
import type { Ingest } from './ingest.ts';

export interface ReconcileDeps {
  readonly store: Pick<Store, 'takeLease' | 'readSetting' | 'putSetting' | 'recordListed' | 'forgetNotices'>;
  readonly payments: Pick<Payments, 'eventsSince' | 'subscriptions'>;
  readonly gate: Pick<PaymentsGate, 'waitMs'>;
  readonly ingest: Ingest;
  readonly livemode: boolean;
  readonly pollSeconds: number;
  /** Names this process in the lease. */
  readonly holder: string;
  readonly now: () => Date;
}

export interface Reconcile {
  /** Does what is due, if this process has or gets the lease. false: another process has it, or Stripe refuses calls. */
  runOnce(stop: AbortSignal): Promise<boolean>;
}

/** When the last poll, and the last listing of all subscriptions, began. */
export const polledSetting = setting('stripe-polled', isTime);
export const listedSetting = setting('stripe-listed', isTime);

const leaseMs = 60_000;
/** An event may be listed later than it was made. */
const overlapMs = 10 * 60_000;
/** Stripe lists events of the last 30 days. The listing of all subscriptions finds what is older. */
const longestMs = 29 * 24 * 60 * 60_000;
const listEveryMs = 6 * 60 * 60_000;
/** So many notices take one transaction a few milliseconds. */
const noticesAtOnce = 100;
/** Longer than Stripe delivers an event again, and than events are polled. */
const noticesKeptMs = 35 * 24 * 60 * 60_000;

/**
 * What one worker does so that nothing depends on webhooks: it asks for events, and every six hours for all
 * subscriptions.
 */
export function createReconcile(deps: ReconcileDeps): Reconcile {
  return {
    runOnce: async (stop) => {
      if (deps.gate.waitMs() > 0 || !(await holdLease(deps))) return false;
      const at = deps.now();
      if (await isDue(deps, polledSetting, deps.pollSeconds * 1_000)) await poll(deps, at, stop);
      if (await isDue(deps, listedSetting, listEveryMs)) await listAll(deps, at, stop);
      return true;
    },
  };
}

function holdLease({ store, holder, now }: ReconcileDeps): Promise<boolean> {
  return store.takeLease('payments', holder, { now: now(), forMs: leaseMs });
}

async function isDue({ store, now }: ReconcileDeps, last: Setting<number>, everyMs: number): Promise<boolean> {
  const began = (await store.readSetting(last))?.value ?? 0;
  const at = now().getTime();
  // A time in the future is of a host with a wrong clock.
  return began > at || at - began >= everyMs;
}

async function poll({ store, payments, ingest }: ReconcileDeps, at: Date, signal: AbortSignal): Promise<void> {
  const last = (await store.readSetting(polledSetting))?.value ?? at.getTime();
  const since = Math.max(Math.min(last, at.getTime()) - overlapMs, at.getTime() - longestMs);
  const events = await payments.eventsSince(new Date(since), signal);
  for (let from = 0; from < events.length; from += noticesAtOnce)
    await ingest(events.slice(from, from + noticesAtOnce).map((event) => ({ ...event, form: 'poll' })));
  await store.putSetting(polledSetting, at.getTime(), at);
}

/** A look at every subscription; at one that is over, once in 29 days. The first one after a restore finds what the backup lacks. */
async function listAll(deps: ReconcileDeps, at: Date, signal: AbortSignal): Promise<void> {
  const { store, payments, livemode, now } = deps;
  for (let after: string | null = null, isFirst = true; isFirst || after !== null; isFirst = false) {
    const page: Awaited<ReturnType<typeof payments.subscriptions>> = await payments.subscriptions(after, signal);
    await store.recordListed({ ids: page.ids, since: at, livemode, now: now() });
    await holdLease(deps);
    after = page.next;
  }
  await store.forgetNotices(new Date(at.getTime() - noticesKeptMs));
  await store.putSetting(listedSetting, at.getTime(), at);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number';
}
