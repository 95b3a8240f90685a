import { randomBytes } from 'node:crypto';
import type { Sealer } from '#src/vpn/sealed.ts';

const prefix = 'whsec_';
/** At least 24, says the standard; this is the length of the hash. */
const secretBytes = 32;

/** A new secret, as the consumer gets it: `whsec_` and base64. */
export function newSecret(): string {
  return prefix + randomBytes(secretBytes).toString('base64');
}

/** Seals the secret for the endpoint with this id. */
export function sealSecret(sealer: Sealer, endpointId: string, secret: string): string {
  return sealer.seal(endpointId, Buffer.from(secret.slice(prefix.length), 'base64'));
}

/** Throws SealedError. */
export function openSecret(sealer: Sealer, endpointId: string, sealed: string): string {
  return prefix + sealer.open(endpointId, sealed).toString('base64');
}
