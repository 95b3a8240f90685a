import { watchKeys } from '#src/vpn/key-watch.ts';
import { newVpnSecrets } from '#src/vpn/keys.ts';
import { createSealer, webhookSecrets } from '#src/vpn/sealed.ts';
import { newSecret, sealSecret } from '#src/webhooks/secrets.ts';

/** SECRETS_KEY of the processes that tests start. */
export const secretsKey = Buffer.alloc(32, 'key of the tests').toString('base64');
export const secretsKeys = { current: Buffer.from(secretsKey, 'base64'), old: null as Buffer | null };
export const sealer = createSealer(secretsKeys);
/** For the secrets of webhooks. */
export const webhookSealer = createSealer(secretsKeys, webhookSecrets);

export const keys = watchKeys(sealer, 'worker');

/** Seals new keys of the server, as the API does. */
export function sealNewKeys(serverId: string): string {
  return sealer.seal(serverId, newVpnSecrets());
}

/** A secret of a webhook, as its consumer has it and as the row has it. */
export function newWebhookSecret(id: string): { readonly secret: string; readonly secretSealed: string } {
  const secret = newSecret();
  return { secret, secretSealed: sealSecret(webhookSealer, id, secret) };
}
