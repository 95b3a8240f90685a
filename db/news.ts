import type { EventType } from './events.ts';

/** The words and the rules of webhooks. */

/** The events that an endpoint can ask for. `webhook.test` is sent to the endpoint that it tests, without asking. */
export const newsTypes = [
  'server.purchased',
  'server.ready',
  'server.rebuild_requested',
  'server.rebuilt',
  'server.rebuild_failed',
  'server.failed',
  'server.suspended',
  'server.resumed',
  'server.destroy_requested',
  'server.destroyed',
  'subscription.ending',
  'subscription.overdue',
  'subscription.held',
  'subscription.good',
  'subscription.ended',
  'payment.received',
  'payment.refunded',
  'payment.disputed',
  'schedule.skipped',
  'alert.raised',
  'alert.cleared',
] as const satisfies readonly EventType[];
export type NewsType = (typeof newsTypes)[number];

export const endpointStates = ['on', 'off'] as const;
export type EndpointState = (typeof endpointStates)[number];

/**
 * `waiting`: until its next attempt. `failed`: after its last attempt. `cancelled`: its endpoint was switched off before
 * it was delivered.
 */
export const deliveryStates = ['waiting', 'delivered', 'failed', 'cancelled'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** Why an endpoint is off. `gone`: it answered 410. `failing`: it failed for days. `operator`: a person switched it. */
export type OffReason = 'gone' | 'failing' | 'operator';

/** Deliveries of one endpoint that run at a time. */
export const sentAtOnce = 2;
/** After so many failures in a row, one delivery at a time finds out whether the endpoint is back. */
export const failuresUntilProbe = 5;
/** An endpoint is off after it has failed for so long, with two messages so far apart. */
export const offAfterMs = 5 * 24 * 60 * 60_000;
export const apartMs = 12 * 60 * 60_000;
/** The most endpoints: the sweep reads each of them. */
export const mostEndpoints = 100;
