import { shownActor, turnOf } from '#db/events.ts';
import type { EventRow } from '#db/tables.ts';

/** The event as a sentence for people. Programs read its type and its detail. */
export function sentenceOf(event: EventRow): string {
  const facts = factsOf(event);
  return `${claimOf(event)}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}.`;
}

function claimOf(event: EventRow): string {
  const by = shownActor(event.actor);
  const turn = turnOf(event.type);
  if (turn !== null) return turns[turn](kindOf(event), by);
  return claims[event.type]?.(by) ?? `${capital(event.type.replace(/[._]/g, ' '))}, by ${by}`;
}

const turns = {
  requested: (kind: string, by: string) => `${capital(by)} asked for the ${kind}`,
  started: (kind: string) => `The ${kind} was next in its line and was released`,
  succeeded: (kind: string) => `The ${kind} succeeded`,
  failed: (kind: string) => `The ${kind} failed`,
  cancelled: (kind: string, by: string) => `The ${kind} was cancelled by ${by}`,
} as const;

/** Events that are no turn of a job. Others are named by their type. */
const claims: Readonly<Record<string, (by: string) => string>> = {
  'server.purchased': (by) => `${capital(by)} bought the server`,
  'machine.removal_ordered': (by) => `${capital(by)} ordered the removal of a machine without a row`,
  'machine.removed': () => 'The inventory removed a machine',
  'server.link_made': (by) => `${capital(by)} made a link to the customer’s page`,
  'server.link_revoked': (by) => `${capital(by)} revoked a link to the customer’s page`,
  'schedule.changed': (by) => `${capital(by)} changed the schedule of rebuilds`,
  'schedule.deleted': (by) => `${capital(by)} deleted the schedule of rebuilds`,
  'schedule.skipped': () => 'A scheduled rebuild was left out',
  'schedules.paused': () => 'All schedules were paused, because too many rebuilds failed',
  'key.created': (by) => `${capital(by)} made a key`,
  'key.rotated': (by) => `${capital(by)} gave a key another secret`,
  'key.revoked': (by) => `${capital(by)} revoked a key`,
  'notice.received': () => 'A notice of Stripe was received',
  'subscription.unpaid': () => 'The subscription waits for its first payment',
  'subscription.good': () => 'The subscription is paid',
  'subscription.ending': () => 'The subscription is paid and will end',
  'subscription.overdue': () => 'A payment of the subscription is overdue',
  'subscription.held': () => 'The subscription is not served now',
  'subscription.ended': () => 'The subscription is over',
  'subscription.look_requested': (by) => `${capital(by)} asked for a look at the subscription`,
  'subscription.released': (by) => `${capital(by)} decided what the held subscription gets`,
  'payment.held': () => 'The subscription does not get what it is paid for',
  'payment.received': () => 'A payment was received',
  'payment.refunded': () => 'A payment was given back',
  'payment.refund_failed': () => 'A refund failed',
  'payment.disputed': () => 'A payment was disputed',
  'payment.dispute_ended': () => 'The dispute of a payment ended',
};

/** The names of the fields in the details of events, in the order in which a sentence shows them. */
const shown = [
  'plan',
  'location',
  'every',
  'at',
  'zone',
  'reason',
  'because',
  'error',
  'amount',
  'currency',
  'form',
  'type',
  'name',
];

function factsOf({ detail, subject }: EventRow): string[] {
  // The column of the detail holds JSON; only objects are written.
  const fields = detail as Readonly<Record<string, unknown>>;
  const facts = shown.flatMap((field) => (isShown(fields[field]) ? [`${field} ${withoutStop(fields[field])}`] : []));
  const machines = Array.isArray(fields.machines) ? fields.machines.map(machineIn) : [];
  return [...facts, ...machines, ...(subject === null ? [] : [`about ${subject}`])];
}

function isShown(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function withoutStop(value: string | number): string {
  return String(value).replace(/\.$/, '');
}

function machineIn(machine: { readonly name: string; readonly ipv4?: string | null; readonly ipv6?: string | null }) {
  const addresses = [machine.ipv4, machine.ipv6].filter((address) => address !== null && address !== undefined);
  return `machine ${machine.name}${addresses.length > 0 ? ` at ${addresses.join(' and ')}` : ''}`;
}

function kindOf({ detail }: EventRow): string {
  const { kind } = detail as { readonly kind?: unknown };
  return typeof kind === 'string' ? kind : 'job';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
