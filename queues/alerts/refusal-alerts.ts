import type { Store } from '#db/store.ts';
import type { Gate } from '#queues/gates/gate.ts';
import { type AlertKind, alert } from './current-alerts.ts';

export interface RefusalDeps {
  readonly store: Pick<Store, 'readAlerts' | 'raiseAlert' | 'holdAlert' | 'clearAlert'>;
  readonly gate: Pick<Gate, 'refusals' | 'isOver'>;
  /** Whose gate it is: the configured name. */
  readonly whose: string;
  readonly kind: AlertKind & ('provider-refuses' | 'dns-refuses');
  readonly now: () => Date;
}

/** A process that is refused says so every 2 s; one that has died does not any more. */
const standsForMs = 10_000;

/**
 * Records as alerts what a provider or DNS refuses to this process, and clears those that are over here, unless another
 * process is refused still: its key may be the old one, or its address not allowed.
 * The inventory only lists; that a key may list and not order is seen by the jobs alone.
 */
export async function raiseRefusalAlerts({ store, gate, whose, kind, now }: RefusalDeps): Promise<void> {
  const open = await store.readAlerts(kind);
  for (const { subject, message, lasting } of gate.refusals()) {
    const found = alert(kind, subject, `${whose} ${message}`, now());
    if (open.every(({ id }) => id !== found.id)) await store.raiseAlert(found);
    if (lasting) await store.holdAlert(found.id, new Date(now().getTime() + standsForMs));
  }
  for (const { id, subject, raisedAt } of open) {
    if (gate.isOver(subject, raisedAt)) await store.clearAlert(id, now());
  }
}
