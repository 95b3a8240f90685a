import { z } from 'zod';
import { deliveryStates, endpointStates, newsTypes } from '#db/news.ts';
import type { Delivery, Endpoint } from '#db/news-tables.ts';
import { instant } from './fields.ts';

/** What an address must be, besides what `WEBHOOK_PRIVATE_ADDRESSES` says. */
export const webhookUrl = z
  .url({ protocol: /^https?$/, error: 'must be an address that begins with https://' })
  .max(2_000)
  .refine((url) => !/^[a-z]+:\/\/[^/?#]*@/i.test(url) && !url.includes('#'), 'must have no user, password or fragment')
  .meta({ description: 'Where news is posted.', example: 'https://shop.example.com/webhooks/ghostifi' });

const type = z.enum(newsTypes);
export const webhookTypes = z
  .array(type)
  .min(1)
  .max(newsTypes.length)
  .refine((types) => new Set(types).size === types.length, 'must not contain the same type twice')
  .meta({ description: 'The events that are sent.', example: ['server.ready', 'server.destroyed'] });

export const webhookShape = z
  .object({
    id: z.string().meta({ example: 'hook-1k9f3zq4t0c7w2h5ab' }),
    url: z.string(),
    types: z.array(type),
    state: z.enum(endpointStates).meta({ description: 'off: nothing is sent, and nothing is kept to be sent.' }),
    offReason: z
      .enum(['gone', 'failing', 'operator'])
      .nullable()
      .meta({ description: 'gone: it answered 410. failing: it failed for five days.' }),
    failures: z.int().meta({ description: 'In a row, up to now.' }),
    failingSince: instant.nullable(),
    nextProbeAt: instant
      .nullable()
      .meta({ description: 'When one message finds out whether it is back; null: it has not failed five times.' }),
    oldSecretUntil: instant.nullable().meta({ description: 'Until then the old secret signs too.' }),
    createdBy: z.string(),
    createdAt: instant,
  })
  .meta({ id: 'Webhook' });

const secret = z.string().meta({
  description: 'Verifies the signatures. It is shown this once.',
  example: 'whsec_…',
});
export const webhookWithSecret = z.object({ webhook: webhookShape, secret }).meta({ id: 'WebhookWithSecret' });

export const deliveryShape = z
  .object({
    id: z.string().meta({ example: 'dlv-1k9f3zq4t0c7w2h5ab' }),
    webhookId: z.string(),
    eventId: z.string().meta({ description: 'The header webhook-id is msg_ and this.' }),
    type: z.enum([...newsTypes, 'webhook.test']),
    state: z.enum(deliveryStates),
    attempts: z.int(),
    nextAttemptAt: instant.nullable().meta({ description: 'null: there is none.' }),
    lastStatus: z.int().nullable().meta({ description: 'The HTTP status of the last answer; null: there was none.' }),
    lastError: z.string().nullable(),
    createdAt: instant.meta({ description: 'The time of the event.' }),
    deliveredAt: instant.nullable(),
  })
  .meta({ id: 'Delivery' });

export function showWebhook(endpoint: Endpoint): z.output<typeof webhookShape> {
  const { id, url, types, state, offReason, failures, failingSince, probeAt, oldUntil, createdBy, createdAt } =
    endpoint;
  return {
    id,
    url,
    types,
    state,
    offReason,
    failures,
    failingSince: text(failingSince),
    nextProbeAt: text(probeAt),
    oldSecretUntil: text(oldUntil),
    createdBy,
    createdAt: createdAt.toISOString(),
  };
}

export function showDelivery(delivery: Delivery): z.output<typeof deliveryShape> {
  const { id, endpointId, eventId, state, attempts, nextAt, lastStatus, lastError, createdAt, deliveredAt } = delivery;
  return {
    id,
    webhookId: endpointId,
    eventId,
    // A trigger writes deliveries of these types only.
    type: delivery.type as z.output<typeof deliveryShape>['type'],
    state,
    attempts,
    nextAttemptAt: state === 'waiting' ? nextAt.toISOString() : null,
    lastStatus,
    lastError,
    createdAt: createdAt.toISOString(),
    deliveredAt: text(deliveredAt),
  };
}

function text(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
