import { schedulesSetting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import { type Alert, alert } from './alert.ts';

/** An alert while all schedules are paused because too many scheduled rebuilds failed. */
export async function readSchedulesPaused({ store }: { readonly store: Pick<Store, 'readSetting'> }): Promise<Alert[]> {
  const last = await store.readSetting(schedulesSetting);
  if (!last?.value.paused) return [];
  const message =
    'More than 20 % of the last 20 scheduled rebuilds failed. No schedule rebuilds a server until an operator resumes them.';
  return [alert({ kind: 'schedules-paused', subject: 'schedules', message, raisedAt: last.updatedAt })];
}
