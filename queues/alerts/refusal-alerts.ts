import type { Store } from '#db/store.ts';
import type { Gate } from '#queues/gates/gate.ts';
import { type AlertKind, alert } from './alert.ts';

export interface RefusalDeps {
  readonly store: Pick<Store, 'readAlerts' | 'raiseAlert' | 'holdAlert' | 'clearAlert'>;
  readonly gate: Pick<Gate, 'refusals' | 'isOver'>;
  /** The configured name of the service behind the gate. */
  readonly whose: string;
  readonly kind: AlertKind & (typeof gateKinds)[number];
  readonly now: () => Date;
}

/** The kinds of alert that a gate raises. */
const gateKinds = ['provider-refuses', 'dns-refuses', 'no-capacity', 'stripe-refuses', 'stripe-unreachable'] as const;

/** A refused process renews its mark every 2 s, so that a dead one's mark expires. */
const markExpiresAfterMs = 10_000;

/**
 * Records an alert for each operation that a provider or DNS refuses to this process. Clears an alert once its refusal is
 * over in this process, unless another process is still refused: it may use an old key, or an address that is not
 * allowed. Only jobs can discover that a key may list and not order, because the inventory only lists.
 */
export async function raiseRefusalAlerts({ store, gate, whose, kind, now }: RefusalDeps): Promise<void> {
  const open = await store.readAlerts(kind);
  for (const { subject, message, lasting, detail } of gate.refusals()) {
    const about = { kind, subject, message: `${whose} ${message}`, raisedAt: now() };
    const found = alert(detail ? { ...about, detail } : about);
    if (open.every(({ id }) => id !== found.id)) await store.raiseAlert(found);
    if (lasting) await store.holdAlert(found.id, new Date(now().getTime() + markExpiresAfterMs));
  }
  for (const { id, subject, raisedAt } of open) {
    if (gate.isOver(subject, raisedAt)) await store.clearAlert(id, now());
  }
}
