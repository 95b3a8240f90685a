import type { Delivery, Webhook, WebhookWithSecret } from '#src/cli/api/bodies.ts';
import { fieldsOf, type Page, tableOf } from './page.ts';
import { localTime } from './texts.ts';

export function webhooksPage(webhooks: readonly Webhook[]): Page {
  return tableOf(webhooks, {
    webhook: ({ id }) => id,
    url: ({ url }) => url,
    state: ({ state }) => state,
    reason: ({ offReason }) => offReason,
    failures: ({ failures }) => failures,
    'failing since': ({ failingSince }) => localTime(failingSince),
  });
}

export function webhookPage(webhook: Webhook): Page {
  const { id, url, types, state, offReason, failures, failingSince, nextProbeAt, oldSecretUntil } = webhook;
  return [
    fieldsOf({
      webhook: id,
      url,
      types: types.join(' '),
      state,
      reason: offReason,
      failures,
      'failing since': localTime(failingSince),
      'next probe': localTime(nextProbeAt),
      'old secret until': localTime(oldSecretUntil),
    }),
  ];
}

export function webhookSecretPage({ webhook, secret }: WebhookWithSecret): Page {
  return [...webhookPage(webhook), secret, 'Keep the secret now: it is never shown again.'];
}

export function deliveriesPage(deliveries: readonly Delivery[]): Page {
  return tableOf(deliveries, {
    delivery: ({ id }) => id,
    type: ({ type }) => type,
    state: ({ state }) => state,
    attempts: ({ attempts }) => attempts,
    status: ({ lastStatus }) => lastStatus,
    error: ({ lastError }) => lastError,
    'next attempt': ({ nextAttemptAt }) => localTime(nextAttemptAt),
    event: ({ createdAt }) => localTime(createdAt),
  });
}
