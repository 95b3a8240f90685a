/**
 * Every kind of alert, with its only source. `rows`: the database's other rows. `redis`: its answer; while Redis is silent,
 * the last known alerts stay. `silence`: that Redis does not answer. `inventory`: a pass records and clears them.
 * `gate`: a refused process records them, and a later success clears them. Some of `configuration` come from the gate and
 * from the API's own DEFAULT_PLAN. `room`: the disk of the database, as the API sees it, and Redis's answer.
 */
const sources = {
  'paid-without-server': 'rows',
  'parked-job': 'rows',
  'slow-removal': 'rows',
  'slow-rebuild': 'rows',
  'sale-stopped': 'rows',
  'queue-paused': 'redis',
  'queue-failing': 'rows',
  'redis-unreachable': 'silence',
  'redis-unsafe': 'redis',
  'no-worker': 'redis',
  'disk-full': 'room',
  'disk-low': 'room',
  'sold-out': 'rows',
  'payment-held': 'rows',
  'double-subscription': 'rows',
  'paying-for-nothing': 'rows',
  'suspended-while-paying': 'rows',
  'notices-waiting': 'rows',
  provider: 'inventory',
  'provider-refuses': 'gate',
  'dns-refuses': 'gate',
  'no-capacity': 'gate',
  'stripe-refuses': 'gate',
  'stripe-unreachable': 'gate',
  'vpn-probe-blocked': 'gate',
  'ordering-stopped': 'gate',
  configuration: 'inventory',
  'unknown-machine': 'inventory',
  'machine-missing': 'inventory',
  'machine-kept': 'inventory',
  'secrets-key': 'gate',
  'vpn-keys-damaged': 'gate',
  'backup-old': 'rows',
  'plan-withdrawn': 'rows',
  'schedules-paused': 'rows',
  'webhook-failing': 'rows',
  'webhook-off': 'rows',
} as const satisfies Record<string, AlertSource>;
type AlertSource = 'rows' | 'redis' | 'silence' | 'inventory' | 'gate' | 'room';

export type AlertKind = keyof typeof sources;
export type AlertKindFrom<S extends AlertSource> = {
  [K in AlertKind]: (typeof sources)[K] extends S ? K : never;
}[AlertKind];
export const alertKinds = Object.keys(sources).filter(isAlertKind);

export function isAlertKind(kind: string): kind is AlertKind {
  return Object.hasOwn(sources, kind);
}

export function alertKindsFrom(source: AlertSource): AlertKind[] {
  return alertKinds.filter((kind) => sources[kind] === source);
}

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
