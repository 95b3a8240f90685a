import type { Store } from '#db/store.ts';
import { type AlertKind, alert } from './alerts.ts';
import type { Gate } from './gate.ts';

export interface RefusalDeps {
  readonly store: Pick<Store, 'readAlerts' | 'raiseAlert' | 'clearAlert'>;
  readonly gate: Pick<Gate, 'refusals' | 'hasSucceededSince'>;
  /** Whose gate it is: the configured name. */
  readonly whose: string;
  readonly kind: AlertKind & ('provider-refuses' | 'dns-refuses');
  readonly now: () => Date;
}

/**
 * Records as alerts what a provider or DNS refuses to this process, and clears those of which a call has succeeded here since.
 * The inventory only lists; that a key may list and not order is seen by the jobs alone.
 */
export async function tellRefusals({ store, gate, whose, kind, now }: RefusalDeps): Promise<void> {
  const open = await store.readAlerts(kind);
  for (const { subject, words } of gate.refusals()) {
    if (open.every((one) => one.subject !== subject))
      await store.raiseAlert(alert(kind, subject, `${whose} ${words}`, now()));
  }
  for (const { id, subject, raisedAt } of open) {
    if (gate.hasSucceededSince(subject, raisedAt)) await store.clearAlert(id);
  }
}
