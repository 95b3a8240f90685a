import type { ApiConfig } from '#src/config/api.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { createSealer, webhookSecrets } from '#src/vpn/sealed.ts';
import { checkAddress } from '#src/webhooks/check-address.ts';
import { AddressRefusedError } from '#src/webhooks/public-address.ts';
import { newSecret, sealSecret } from '#src/webhooks/secrets.ts';

/** What the routes of webhooks need. */
export interface WebhooksDesk {
  /** Throws a Problem if nothing would be sent to this address now. */
  assertAllowed(url: string): Promise<void>;
  /** A new secret for the endpoint with this id. */
  newSecret(id: string): { readonly secret: string; readonly secretSealed: string };
}

export function openWebhooksDesk({
  secretsKeys,
  webhookAddresses,
}: Pick<ApiConfig, 'secretsKeys' | 'webhookAddresses'>): WebhooksDesk {
  const sealer = createSealer(secretsKeys, webhookSecrets);
  return {
    assertAllowed: async (url) => {
      try {
        await checkAddress(url, webhookAddresses);
      } catch (error) {
        if (!(error instanceof AddressRefusedError)) throw error;
        throw new Problem('address-refused', `Nothing is sent there: ${error.message}`, { cause: error });
      }
    },
    newSecret: (id) => {
      const secret = newSecret();
      return { secret, secretSealed: sealSecret(sealer, id, secret) };
    },
  };
}
