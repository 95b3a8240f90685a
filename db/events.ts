import { type JobKind, jobKinds } from './model.ts';

/** The words of the events: what can happen, and who can cause it. */

/** The turns in the life of a job, in the order in which they happen. */
export const jobTurns = ['requested', 'started', 'succeeded', 'failed', 'cancelled'] as const;
export type JobTurn = (typeof jobTurns)[number];

/** The type of the event of each turn, by the job's kind. A new kind gets its words here. */
export const jobEvents = {
  create: {
    requested: 'server.create_requested',
    started: 'server.create_started',
    succeeded: 'server.ready',
    failed: 'server.failed',
    cancelled: 'server.create_cancelled',
  },
  rebuild: {
    requested: 'server.rebuild_requested',
    started: 'server.rebuild_started',
    succeeded: 'server.rebuilt',
    failed: 'server.rebuild_failed',
    cancelled: 'server.rebuild_cancelled',
  },
  suspend: {
    requested: 'server.suspend_requested',
    started: 'server.suspend_started',
    succeeded: 'server.suspended',
    failed: 'server.suspend_failed',
    cancelled: 'server.suspend_cancelled',
  },
  resume: {
    requested: 'server.resume_requested',
    started: 'server.resume_started',
    succeeded: 'server.resumed',
    failed: 'server.resume_failed',
    cancelled: 'server.resume_cancelled',
  },
  destroy: {
    requested: 'server.destroy_requested',
    started: 'server.destroy_started',
    succeeded: 'server.destroyed',
    failed: 'server.destroy_failed',
    cancelled: 'server.destroy_cancelled',
  },
  retire: {
    requested: 'machine.retire_requested',
    started: 'machine.retire_started',
    succeeded: 'machine.retired',
    failed: 'machine.retire_failed',
    cancelled: 'machine.retire_cancelled',
  },
} as const satisfies Record<JobKind, Record<JobTurn, string>>;

type JobEventType = (typeof jobEvents)[keyof typeof jobEvents][JobTurn];

const otherEvents = [
  'server.purchased',
  /** Somebody asked to cancel a rebuild that may run. */
  'server.cancel_requested',
  /** Somebody named a device of the server. The name is not in the event, since events stay after a destroy. */
  'server.device_labelled',
  /** Somebody made or revoked a link to the customer's page; the subject is its id. */
  'server.link_made',
  'server.link_revoked',
  /** An operator ordered the removal of a machine without a row; the subject is its id at the provider. */
  'machine.removal_ordered',
  /** The inventory removed a machine that nobody needs; the subject is its id at the provider. */
  'machine.removed',
  'sale.stopped',
  'sale.resumed',
  'ordering.resumed',
  'schedule.changed',
  'schedule.deleted',
  /** A time of a schedule passed without a rebuild; the detail has the reason. */
  'schedule.skipped',
  'schedules.paused',
  'schedules.resumed',
  /** The subject is the queue's name. */
  'queue.paused',
  'queue.resumed',
  'board.signed_in',
  /** The subject is the id of the key. */
  'key.created',
  'key.rotated',
  'key.revoked',
  /** The subject is the day. */
  'statement.written',
  /** Of Stripe, or of a poll; the subject is its id. */
  'notice.received',
  /** The standing of a subscription changed; the detail has its reason. */
  'subscription.unpaid',
  'subscription.good',
  'subscription.ending',
  'subscription.overdue',
  'subscription.held',
  'subscription.ended',
  /** A subscription does not get what it is paid for; the subject is the hold. */
  'payment.held',
  'payment.received',
  'payment.refunded',
  'payment.refund_failed',
  'payment.disputed',
  'payment.dispute_ended',
  /** Somebody asked Stripe about a subscription, or decided about its hold. */
  'subscription.look_requested',
  'subscription.released',
  /** The subject is its id at Stripe. */
  'checkout.opened',
  'portal.opened',
  /** The subject is the endpoint. */
  'webhook.created',
  'webhook.changed',
  'webhook.deleted',
  'webhook.test',
  'webhook.secret_rotated',
  'webhook.replayed',
  /** The endpoint answered 410, or failed for days. */
  'webhook.off',
  /** The subject is the delivery. */
  'delivery.retried',
  /** The subject is the alert. */
  'alert.raised',
  'alert.cleared',
] as const;

export type EventType = (typeof otherEvents)[number] | JobEventType;
export const eventTypes: readonly EventType[] = [
  ...otherEvents,
  ...jobKinds.flatMap((kind) => jobTurns.map((turn) => jobEvents[kind][turn])),
];

/** The events whose detail names the machines that came or went. */
export const typesWithMachines: readonly EventType[] = [
  'machine.removed',
  ...jobKinds.map((kind) => jobEvents[kind].succeeded),
];

const turns: ReadonlyMap<string, JobTurn> = new Map(
  jobKinds.flatMap((kind) => jobTurns.map((turn) => [jobEvents[kind][turn], turn] as const)),
);

/** The turn of a job that events of this type are about; null: they are about something else. */
export function turnOf(type: string): JobTurn | null {
  return turns.get(type) ?? null;
}

/** The events in the history of a server: those of its purchase, devices, links, jobs, machines and schedule. */
export const historyEvents = [
  'purchased',
  'device_labelled',
  'link_made',
  'link_revoked',
  ...jobTurns,
  'cancel_requested',
  'removal_ordered',
  'removed',
  'changed',
  'deleted',
  'skipped',
] as const;

/** The word for the event in a server's history: the turn of a job, or what follows the dot. */
export function historyEventOf(type: EventType): string {
  return turnOf(type) ?? type.slice(type.indexOf('.') + 1);
}

/**
 * Parts of the service that cause events. `policy`: a rule, such as the order of a line, or that a destroy cancels the
 * jobs in front of it. `worker`: the run of a job. `inventory`: its comparison of the cloud with the rows. `stripe`: what
 * Stripe's objects say about a subscription. `schedule`: that a time has come.
 */
export const serviceActors = ['policy', 'worker', 'inventory', 'stripe', 'schedule'] as const;

/**
 * Who caused an event: the caller of the API, by the name of the token; a customer, by the id of the link; or a part of
 * the service.
 */
export type ActorName = KeyName | LinkName | (typeof serviceActors)[number];
export type KeyName = `key:${string}`;
export type LinkName = `link:${string}`;

export function keyNamed(token: string): KeyName {
  return `key:${token}`;
}

/** The actor in messages for people: a caller without the prefix. */
export function shownActor(actor: ActorName): string {
  return actor.replace(/^key:/, '');
}
