import { announcedAlertsSetting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import { advised } from './advice.ts';
import type { Alert } from './alert.ts';

export interface AnnounceDeps {
  readonly store: Pick<Store, 'readEndpoints' | 'readSetting' | 'putSetting' | 'takeLease' | 'announceAlerts'>;
  readonly alerts: () => Promise<readonly Alert[]>;
  /** Names this process: processes may see different alerts, and one of them announces. */
  readonly holder: string;
  readonly now: () => Date;
}

const leaseMs = 60_000;

/**
 * Records what webhooks are told about alerts: each that was raised or cleared since the last call. While no webhook asks
 * for alerts it records nothing; the first one that does is told of all that hold.
 */
export async function announceAlerts({ store, alerts, holder, now }: AnnounceDeps): Promise<void> {
  const wanted = (await store.readEndpoints()).some(
    ({ state, types }) => state === 'on' && types.some((type) => type.startsWith('alert.')),
  );
  const announced = (await store.readSetting(announcedAlertsSetting))?.value ?? {};
  if (!wanted) {
    if (Object.keys(announced).length > 0) await store.putSetting(announcedAlertsSetting, {}, now());
    return;
  }
  if (!(await store.takeLease('announce', holder, { now: now(), forMs: leaseMs }))) return;
  const current = (await alerts()).map(advised);
  const isSame = current.length === Object.keys(announced).length && current.every(({ id }) => id in announced);
  if (isSame) return;
  const facts = current.map(({ id, kind, severity, serverId }) => ({ id, kind, severity, serverId }));
  await store.announceAlerts(facts, now());
}
