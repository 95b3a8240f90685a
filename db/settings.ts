/** A value that is stored under a name, and the check that a stored value has its type. */
export interface Setting<T> {
  readonly name: string;
  readonly isValue: (value: unknown) => value is T;
}

/** Declares a setting. `isValue` rejects a value of another type: an older program or a person may have stored one. */
export function setting<T>(name: string, isValue: (value: unknown) => value is T): Setting<T> {
  return { name, isValue };
}

/** Who changed a switch, and why. The setting's own time says when. */
export interface SwitchedBy {
  /** The name of the token; not given: an older version has recorded the change. */
  readonly by?: string;
  readonly reason?: string | null;
}

export interface Sale extends SwitchedBy {
  readonly open: boolean;
}

/** Whether purchases are accepted. Not set: they are. */
export const saleSetting = setting('sale', isSale);

/** The last pause or resume through this service. Whether the queue is paused is in Redis, and others may change it. */
export interface QueueSwitch extends SwitchedBy {
  readonly paused: boolean;
}
export const queueSetting = setting('queue', isQueueSwitch);

/** The MAX_SERVERS of the last purchase. Nothing reads it; writing it makes purchases run one after the other. */
export const maxServersSetting = setting('max-servers', isNumber);

/** Nothing reads it; writing it makes changes of keys run one after the other. */
export const keysSetting = setting('keys', isTrue);

/** The INSTALLATION that the machines in this database are tagged with. */
export const installationSetting = setting('installation', isText);

/**
 * The hours since 1970 when an older database was last restored; not set: never. The sequence of webhooks begins with it,
 * so that it is higher than before the restore.
 */
export const restoredSetting = setting('restored', isNumber);

/** The last server whose customer was folded. Not set: none was. */
export const foldedCustomersSetting = setting('customers-folded', isText);

/** The last event that is counted in the trends. Not set: none is. */
export const trendsSetting = setting('trends', isNumber);

/** What the console counts; its time is that of the setting. Not set: nothing was counted yet. */
export const tallySetting = setting('tally', isTally);

/** Counts of everything, from time to time. */
export interface Tally {
  readonly servers: Readonly<Record<string, number>>;
  /** Open jobs, by their state. */
  readonly jobs: Readonly<Record<string, number>>;
  /** The machines that serve, by location. */
  readonly locations: Readonly<Record<string, number>>;
}

function isTally(value: unknown): value is Tally {
  if (typeof value !== 'object' || value === null) return false;
  const { servers, jobs, locations } = value as Partial<Record<keyof Tally, unknown>>;
  return [servers, jobs, locations].every(isCounts);
}

function isCounts(value: unknown): value is Record<string, number> {
  return typeof value === 'object' && value !== null && Object.values(value).every(isNumber);
}

export interface LastBackup {
  /** null: another tool than `npm run backup` made it. */
  readonly file: string | null;
}

/** The last good backup; its time is that of the setting. Not set: nobody expects backups. */
export const lastBackupSetting = setting('last-backup', isLastBackup);

export interface LastSweep {
  /** When a sweep last succeeded, in ISO 8601; null: none did yet. */
  readonly succeededAt: string | null;
  /** Why the sweeps since then have failed; null: they have not. */
  readonly error: string | null;
}

/** The state of the sweeps of the queue servers. Not set: none has ended yet. */
export const lastSweepSetting = setting('last-sweep', isLastSweep);
/** The same of the queue payments. */
export const lastPaymentsSweepSetting = setting('last-payments-sweep', isLastSweep);
/** The same of the queue news, which is swept only while news is due. */
export const lastNewsSweepSetting = setting('last-news-sweep', isLastSweep);

/** Written to test whether the database takes writes. Nothing reads it. */
export const writableSetting = setting('writable', isTrue);

/** Written while orders wait for a person. Only the time of the last write counts. */
export const ordersHeldSetting = setting('orders-held', isTrue);

/** The last time that an operator resumed orders is the setting's own. Silent machines before it do not count. */
export const orderingSetting = setting('ordering', isOrdering);

export interface Ordering {
  /** The name of the operator's token. */
  readonly resumedBy: string;
}

/** The alerts that webhooks were told of, each with the uid of its event. Not set: none. */
export const announcedAlertsSetting = setting('announced-alerts', isAnnouncedAlerts);

export type AnnouncedAlerts = Readonly<Record<string, string>>;

function isAnnouncedAlerts(value: unknown): value is AnnouncedAlerts {
  return typeof value === 'object' && value !== null && Object.values(value).every((uid) => typeof uid === 'string');
}

/** Whether all schedules are paused. Not set: they are not. Rebuilds from before the setting's time do not count. */
export const schedulesSetting = setting('schedules', isSchedules);

export interface Schedules {
  readonly paused: boolean;
}

function isSchedules(value: unknown): value is Schedules {
  return typeof value === 'object' && value !== null && 'paused' in value && typeof value.paused === 'boolean';
}

function isOrdering(value: unknown): value is Ordering {
  return typeof value === 'object' && value !== null && 'resumedBy' in value && typeof value.resumedBy === 'string';
}

function isSale(value: unknown): value is Sale {
  return typeof value === 'object' && value !== null && 'open' in value && typeof value.open === 'boolean';
}

function isQueueSwitch(value: unknown): value is QueueSwitch {
  return typeof value === 'object' && value !== null && 'paused' in value && typeof value.paused === 'boolean';
}

function isLastBackup(value: unknown): value is LastBackup {
  if (typeof value !== 'object' || value === null || !('file' in value)) return false;
  return value.file === null || typeof value.file === 'string';
}

function isLastSweep(value: unknown): value is LastSweep {
  if (typeof value !== 'object' || value === null || !('succeededAt' in value) || !('error' in value)) return false;
  return [value.succeededAt, value.error].every((field) => field === null || typeof field === 'string');
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTrue(value: unknown): value is true {
  return value === true;
}
