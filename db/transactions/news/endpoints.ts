import { NotFoundError, WebhookStateError } from '#db/errors.ts';
import { mostEndpoints, type NewsType } from '#db/news.ts';
import type { Endpoint } from '#db/news-tables.ts';
import { and, count, eq, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { recordEvent } from '#db/transactions/events.ts';
import { type Actor, causedBy } from '#db/transactions/request.ts';

export type NewEndpoint = Pick<Endpoint, 'id' | 'url' | 'types' | 'secretSealed'>;

/** The columns of an endpoint that has not failed since it last answered. */
export const healthy = { failures: 0, failingSince: null, failingId: null, apartAt: null, probeAt: null };

/** Adds an endpoint, which is on. Throws WebhookStateError if there are too many. */
export function* addEndpoint(context: Context, endpoint: NewEndpoint, actor: Actor): Steps<Endpoint> {
  const { db, t } = context;
  const [counted] = yield* ask(db.select({ count: count() }).from(t.endpoints));
  if ((counted?.count ?? 0) >= mostEndpoints)
    throw new WebhookStateError(`There are ${mostEndpoints} webhooks, which is the limit. Delete one first.`);
  const { requestedBy: createdBy, now: createdAt } = actor;
  const on = { state: 'on', offReason: null, oldSealed: null, oldUntil: null } as const;
  const row: Endpoint = { ...endpoint, ...on, ...healthy, createdBy, createdAt };
  yield* ask(db.insert(t.endpoints).values(row));
  yield* recordEvent(context, { ...about(row, actor), type: 'webhook.created' });
  return row;
}

/** Fields that are not given stay. */
export interface EndpointChange {
  readonly url?: string | undefined;
  readonly types?: readonly NewsType[] | undefined;
  readonly state?: 'on' | 'off' | undefined;
}

/**
 * Changes an endpoint. One that is switched on starts without its failures, and without deliveries of the time when it
 * was off. Throws NotFoundError.
 */
export function* changeEndpoint(
  context: Context,
  id: string,
  { change, actor }: { readonly change: EndpointChange; readonly actor: Actor },
): Steps<Endpoint> {
  const { db, t } = context;
  const before = yield* lockKnown(context, id);
  const after: Endpoint = { ...changed(before, change), ...stateOf(before, change) };
  yield* ask(db.update(t.endpoints).set(after).where(eq(t.endpoints.id, id)));
  yield* recordEvent(context, { ...about(after, actor), type: 'webhook.changed' });
  return after;
}

function changed(before: Endpoint, { url = before.url, types = before.types }: EndpointChange): Endpoint {
  // Another address is not to be blamed for the failures of the one before.
  return { ...before, ...(url !== before.url && healthy), url, types: [...types] };
}

function stateOf({ state: before }: Endpoint, { state = before }: EndpointChange): Partial<Endpoint> {
  if (state === before) return {};
  return state === 'on' ? { state, offReason: null, ...healthy } : { state, offReason: 'operator', probeAt: null };
}

/** Deletes an endpoint. Its deliveries are for `forgetDeliveries`. Throws NotFoundError. */
export function* deleteEndpoint(context: Context, id: string, actor: Actor): Steps<void> {
  const { db, t } = context;
  const [deleted] = yield* ask(db.delete(t.endpoints).where(eq(t.endpoints.id, id)).returning());
  if (!deleted) throw new NotFoundError('webhook', id);
  yield* recordEvent(context, { ...about(deleted, actor), type: 'webhook.deleted' });
}

export interface Rotation {
  readonly id: string;
  readonly secretSealed: string;
  /** Until then the old secret signs too. */
  readonly oldUntil: Date;
}

/** Gives an endpoint a new secret. Throws NotFoundError. */
export function* rotateEndpoint(context: Context, rotation: Rotation, actor: Actor): Steps<Endpoint> {
  const { db, t } = context;
  const { id, secretSealed, oldUntil } = rotation;
  const before = yield* lockKnown(context, id);
  const after = { ...before, secretSealed, oldSealed: before.secretSealed, oldUntil };
  yield* ask(db.update(t.endpoints).set(after).where(eq(t.endpoints.id, id)));
  const detail = { oldUntil: oldUntil.toISOString() };
  yield* recordEvent(context, { ...about(after, actor), type: 'webhook.secret_rotated', detail });
  return after;
}

export type EndpointSecrets = Pick<Endpoint, 'id' | 'secretSealed' | 'oldSealed'>;

/** Replaces the sealed secrets of an endpoint by the same ones under another key, unless they have changed meanwhile. */
export function* resealEndpoint(
  { db, t: { endpoints } }: Context,
  { id, secretSealed }: EndpointSecrets,
  to: EndpointSecrets,
): Steps<void> {
  const unchanged = and(eq(endpoints.id, id), eq(endpoints.secretSealed, secretSealed));
  yield* ask(db.update(endpoints).set(to).where(unchanged));
}

/** Records the event that is sent to this endpoint only. Returns its uid. Throws NotFoundError, WebhookStateError. */
export function* testEndpoint(context: Context, id: string, actor: Actor): Steps<string> {
  const endpoint = yield* lockOn(context, id);
  return yield* recordEvent(context, { ...about(endpoint, actor), type: 'webhook.test', detail: {} });
}

/** The endpoint, locked for this transaction. Throws NotFoundError, and WebhookStateError if it is off. */
export function* lockOn(context: Context, id: string): Steps<Endpoint> {
  const endpoint = yield* lockKnown(context, id);
  if (endpoint.state === 'on') return endpoint;
  throw new WebhookStateError(`Webhook ${id} is off. Switch it on first: PATCH /v1/webhooks/${id} {"state": "on"}.`);
}

function* lockKnown(context: Context, id: string): Steps<Endpoint> {
  const endpoint = yield* lockEndpoint(context, id);
  if (!endpoint) throw new NotFoundError('webhook', id);
  return endpoint;
}

/** Locks the endpoint's row for this transaction. null: there is none. */
export function* lockEndpoint({ db, t: { endpoints } }: Context, id: string): Steps<Endpoint | null> {
  const same = { failures: sql`${endpoints.failures}` };
  const [endpoint] = yield* ask(db.update(endpoints).set(same).where(eq(endpoints.id, id)).returning());
  return endpoint ?? null;
}

/** The address may hold a token, so that only its host is in the event. */
function about({ id, url, types, state }: Endpoint, actor: Actor) {
  const detail: Readonly<Record<string, unknown>> = { host: new URL(url).host, types, state };
  return { ...causedBy(actor), subject: id, detail };
}
