import { watchKeys } from '#src/vpn/key-watch.ts';
import { newVpnSecrets } from '#src/vpn/keys.ts';
import { createSealer } from '#src/vpn/sealed.ts';

/** SECRETS_KEY of the processes that tests start. */
export const secretsKey = Buffer.alloc(32, 'key of the tests').toString('base64');
export const secretsKeys = { current: Buffer.from(secretsKey, 'base64'), old: null as Buffer | null };
export const sealer = createSealer(secretsKeys);

export const keys = watchKeys(sealer, 'worker');

/** Seals new keys of the server, as the API does. */
export function sealNewKeys(serverId: string): string {
  return sealer.seal(serverId, newVpnSecrets());
}
