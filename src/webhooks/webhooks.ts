import { Webhook } from 'standardwebhooks';
import type { OutgoingNews, Webhooks } from '#queues/ports/webhooks.ts';
import type { Sealer } from '#src/vpn/sealed.ts';
import { type PostOptions, post } from './post.ts';
import { openSecret } from './secrets.ts';

/** Sends news as Standard Webhooks 1.0.0 describes it, signed with the endpoint's secret. */
export function createWebhooks(sealer: Sealer, options: PostOptions): Webhooks {
  return {
    send: (news) => {
      const headers = headersOf(news, signatureOf(sealer, news));
      return post({ url: news.endpoint.url, headers, body: news.body, now: news.at }, options);
    },
  };
}

function headersOf({ messageId, at, body }: OutgoingNews, signature: string): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'GhostiFi',
    'webhook-id': messageId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': signature,
  };
}

/** While a secret is rotated, the old one signs too. The new one comes first. */
function signatureOf(sealer: Sealer, { endpoint, messageId, at, body }: OutgoingNews): string {
  const { id, secretSealed, oldSealed, oldUntil } = endpoint;
  const hasOld = oldSealed !== null && oldUntil !== null && oldUntil > at;
  const secrets = hasOld ? [secretSealed, oldSealed] : [secretSealed];
  return secrets.map((sealed) => new Webhook(openSecret(sealer, id, sealed)).sign(messageId, at, body)).join(' ');
}
