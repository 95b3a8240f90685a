import { randomBytes } from 'node:crypto';
import { ensureFile } from './ensure-file.ts';

/** The secret that signs the events of the simulated Stripe; it is created in the file unless the file exists. */
export function ensureWebhookSecret(file: string): string {
  return ensureFile(file, () => `whsec_${randomBytes(24).toString('hex')}\n`).trim();
}
