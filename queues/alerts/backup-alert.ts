import { lastBackupSetting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import { type Alert, alert } from './alert.ts';

export interface BackupAlertDeps {
  readonly store: Pick<Store, 'readSetting'>;
  readonly now: () => Date;
}

/** A day, and half an hour for the backup itself. */
const oldAfterMs = 24.5 * 60 * 60_000;

/** An alert if the last good backup is more than a day old. There is none until the first dated backup. */
export async function readBackupAlert({ store, now }: BackupAlertDeps): Promise<Alert[]> {
  const last = await store.readSetting(lastBackupSetting);
  if (last === null || now().getTime() - last.updatedAt.getTime() <= oldAfterMs) return [];
  const { file } = last.value;
  const subject = 'database';
  const message = `The last good backup${file ? ` (${file})` : ''} was made at ${last.updatedAt.toISOString()}, more than a day ago. Read the output of its timer or cron job, and make a backup.`;
  const raisedAt = new Date(last.updatedAt.getTime() + oldAfterMs);
  return [alert({ kind: 'backup-old', subject, message, raisedAt, detail: { file } })];
}
