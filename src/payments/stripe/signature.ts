import type Stripe from 'stripe';
import { openStripe } from './client.ts';

/** How far the time of a signature may be from ours, in seconds, in both directions. */
const toleranceSeconds = 300;

/** Whether one of the secrets signed this body. */
export type Verify = (body: Buffer, header: string, now: Date) => Promise<boolean>;

/**
 * Checks Stripe's signatures with one to four secrets: while one is replaced, and for endpoints of both forms. The SDK
 * accepts times from the future, which are refused here. The first check loads the SDK.
 */
export function createVerifier(secrets: readonly string[]): Verify {
  let loading: Promise<Signature> | null = null;
  return async (body, header, now) => {
    if (!isTimely(header, now)) return false;
    loading ??= loadSignature();
    const signature = await loading;
    return secrets.some((secret) => {
      try {
        return signature.verifyHeader(body, header, secret, toleranceSeconds, undefined, now.getTime());
      } catch {
        return false;
      }
    });
  };
}

/** Whether the header has one time, which is near enough to ours. Nothing else of it is checked. */
export function isTimely(header: string, now: Date): boolean {
  const times = [...header.matchAll(/(?:^|,)\s*t=(\d+)(?=,|$)/g)];
  // Two times are two headers that a proxy has joined.
  if (times.length !== 1) return false;
  return Math.abs(Number(times[0]?.[1]) - now.getTime() / 1_000) <= toleranceSeconds;
}

type Signature = NonNullable<Stripe['webhooks']['signature']>;

async function loadSignature(): Promise<Signature> {
  const { webhooks } = await openStripe({ apiKey: 'none', apiUrl: 'http://127.0.0.1' });
  if (webhooks.signature === null) throw new Error('This version of the SDK of Stripe checks no signatures.');
  return webhooks.signature;
}
