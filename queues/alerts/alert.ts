/**
 * Every kind of alert, with its only source. `rows`: the database's other rows. `redis`: its answer; while Redis is silent,
 * the last known alerts stay. `silence`: that Redis does not answer. `inventory`: a pass records and clears them.
 * `gate`: a refused process records them, and a later success clears them.
 */
const sources = {
  'paid-without-server': 'rows',
  'parked-job': 'rows',
  'slow-removal': 'rows',
  'slow-rebuild': 'rows',
  'queue-paused': 'redis',
  'redis-unreachable': 'silence',
  'redis-unsafe': 'redis',
  'no-worker': 'redis',
  'sold-out': 'rows',
  'payment-held': 'rows',
  'double-subscription': 'rows',
  'paying-for-nothing': 'rows',
  'notices-waiting': 'rows',
  provider: 'inventory',
  'provider-refuses': 'gate',
  'dns-refuses': 'gate',
  'no-capacity': 'gate',
  'stripe-refuses': 'gate',
  'stripe-unreachable': 'gate',
  configuration: 'inventory',
  'unknown-machine': 'inventory',
  'machine-missing': 'inventory',
  'machine-kept': 'inventory',
} as const satisfies Record<string, AlertSource>;
type AlertSource = 'rows' | 'redis' | 'silence' | 'inventory' | 'gate';

export type AlertKind = keyof typeof sources;
export const alertKinds = Object.keys(sources).filter(isAlertKind);

function isAlertKind(kind: string): kind is AlertKind {
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
