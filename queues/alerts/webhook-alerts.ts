import { offAfterMs } from '#db/news.ts';
import type { Endpoint } from '#db/news-tables.ts';
import type { Store } from '#db/store.ts';
import { type Alert, alert } from './alert.ts';

export interface WebhookAlertDeps {
  readonly store: Pick<Store, 'readEndpoints'>;
  readonly now: () => Date;
}

const failingAfterMs = 60 * 60_000;

/** The webhooks that have failed for an hour, and those that are off because they failed for days or answered 410. */
export async function readWebhookAlerts({ store, now }: WebhookAlertDeps): Promise<Alert[]> {
  const at = now();
  return (await store.readEndpoints()).flatMap((endpoint) => alertOf(endpoint, at) ?? []);
}

function alertOf(endpoint: Endpoint, now: Date): Alert | null {
  const { id, state, offReason, failingSince, createdAt } = endpoint;
  const since = failingSince ?? createdAt;
  if (state === 'off') {
    if (offReason === 'operator') return null;
    const why = offReason === 'gone' ? 'answered 410' : 'failed for five days';
    const message = `Webhook ${nameOf(endpoint)} ${why} and is off: it gets nothing. Switch it on, then replay what it missed since ${since.toISOString()}.`;
    const raisedAt = offReason === 'gone' ? since : new Date(since.getTime() + offAfterMs);
    return alert({ kind: 'webhook-off', subject: id, message, raisedAt });
  }
  const raisedAt = new Date(since.getTime() + failingAfterMs);
  if (failingSince === null || raisedAt > now) return null;
  const message = `Webhook ${nameOf(endpoint)} has failed since ${since.toISOString()}, ${endpoint.failures} times in a row. Its news waits.`;
  return alert({ kind: 'webhook-failing', subject: id, message, raisedAt });
}

/** The address may hold a token, so that people see its host only. */
function nameOf({ id, url }: Endpoint): string {
  return `${id} (${new URL(url).host})`;
}
