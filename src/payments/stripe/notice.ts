import { z } from 'zod';
import type { StripeEvent } from '#queues/ports/payments.ts';

/** What one delivery of Stripe says; its payload is not read. */
export interface Notice extends StripeEvent {
  readonly form: 'snapshot' | 'thin';
  /** The connected account that it is about; null: our own. */
  readonly account: string | null;
}

const id = z.string().regex(/^evt_[\w]{1,200}$/);
const objectId = z.string().max(255);
const snapshotSchema = z.object({
  object: z.literal('event'),
  id,
  type: z.string().max(200),
  livemode: z.boolean(),
  created: z.int(),
  account: z.string().optional(),
  data: z.object({ object: z.looseObject({ id: objectId.optional() }) }),
});
const thinSchema = z.object({
  object: z.literal('v2.core.event'),
  id,
  type: z.string().max(200),
  livemode: z.boolean(),
  created: z.iso.datetime({ offset: true }),
  context: z.string().nullish(),
  related_object: z.object({ id: objectId }).nullish(),
});

/** The notice in a body whose signature was checked; null: it is not JSON, or has neither of Stripe's forms. */
export function noticeIn(body: Buffer): Notice | null {
  const json = jsonIn(body);
  const snapshot = snapshotSchema.safeParse(json);
  if (snapshot.success) {
    const { id, type, livemode, created, data, account = null } = snapshot.data;
    const createdAt = new Date(created * 1_000);
    return { id, type, livemode, createdAt, objectId: data.object.id ?? null, form: 'snapshot', account };
  }
  const thin = thinSchema.safeParse(json);
  if (!thin.success) return null;
  const { id, type, livemode, created, related_object, context } = thin.data;
  return {
    id,
    type: type.replace(/^v1\./, ''),
    livemode,
    createdAt: new Date(created),
    objectId: related_object?.id ?? null,
    form: 'thin',
    account: context ?? null,
  };
}

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}
