import type { Store } from '#db/store.ts';
import { type AlertKind, alert } from './alerts.ts';
import type { ProviderGate } from './provider-gate.ts';

const kind: AlertKind = 'provider-refuses';

export interface RefusalDeps {
  readonly store: Pick<Store, 'readAlerts' | 'raiseAlert' | 'clearAlert'>;
  readonly gate: Pick<ProviderGate, 'provider' | 'refusals' | 'hasSucceededSince'>;
  readonly now: () => Date;
}

/**
 * Records as alerts what the provider refuses to this process, and clears those of which a call has succeeded here since.
 * The inventory only lists; that a key may list and not order is seen by the jobs alone.
 */
export async function tellRefusals({ store, gate, now }: RefusalDeps): Promise<void> {
  const open = await store.readAlerts(kind);
  for (const { operation, message } of gate.refusals()) {
    const words = `${gate.provider.name} does not allow our key to ${operation}: ${message} Jobs wait, without using attempts.`;
    if (open.every(({ subject }) => subject !== operation))
      await store.raiseAlert(alert(kind, operation, words, now()));
  }
  for (const { id, subject, raisedAt } of open) {
    if (gate.hasSucceededSince(subject, raisedAt)) await store.clearAlert(id);
  }
}
