/** A value that is stored under a name, and the check that a stored value has its type. */
export interface Setting<T> {
  readonly name: string;
  readonly isValue: (value: unknown) => value is T;
}

/** Declares a setting. `isValue` rejects a value of another type: an older program or a person may have stored one. */
export function setting<T>(name: string, isValue: (value: unknown) => value is T): Setting<T> {
  return { name, isValue };
}

export interface Sale {
  readonly open: boolean;
}

/** Whether purchases are accepted. Not set: they are. */
export const saleSetting = setting('sale', isSale);

/** The MAX_SERVERS of the last purchase. Nothing reads it; writing it makes purchases run one after the other. */
export const maxServersSetting = setting('max-servers', isNumber);

/** The INSTALLATION that the machines in this database are tagged with. */
export const installationSetting = setting('installation', isText);

export interface LastSweep {
  /** When a sweep last succeeded, in ISO 8601; null: none did yet. */
  readonly succeededAt: string | null;
  /** Why the sweeps since then have failed; null: they have not. */
  readonly error: string | null;
}

/** The state of the sweeps. Not set: none has ended yet. */
export const lastSweepSetting = setting('last-sweep', isLastSweep);

/** Written to test whether the database takes writes. Nothing reads it. */
export const writableSetting = setting('writable', isTrue);

function isSale(value: unknown): value is Sale {
  return typeof value === 'object' && value !== null && 'open' in value && typeof value.open === 'boolean';
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
