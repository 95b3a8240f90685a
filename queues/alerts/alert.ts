export const alertKinds = [
  'paid-without-server',
  'parked-job',
  'slow-removal',
  'slow-rebuild',
  'queue-paused',
  'redis-unreachable',
  'redis-unsafe',
  'no-worker',
  'sold-out',
  'provider',
  'provider-refuses',
  'dns-refuses',
  'configuration',
  'unknown-machine',
  'machine-missing',
  'machine-kept',
] as const;
export type AlertKind = (typeof alertKinds)[number];

/** A problem that needs a person. docs/runbook.md has a section for each kind. */
export interface Alert {
  /** `<kind>:<subject>`. A problem keeps its id for as long as it lasts. */
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  /** For people only: no code reads it. */
  readonly message: string;
  readonly raisedAt: Date;
  /** The facts that programs read, by kind; null: none. */
  readonly detail: unknown;
}

export interface NewAlert extends Pick<Alert, 'subject' | 'message' | 'raisedAt'> {
  readonly kind: AlertKind;
  readonly detail?: Readonly<Record<string, string | null>>;
}

export function alert({ kind, subject, message, raisedAt, detail }: NewAlert): Alert {
  return { id: `${kind}:${subject}`, kind, subject, message, raisedAt, detail: detail ?? null };
}
