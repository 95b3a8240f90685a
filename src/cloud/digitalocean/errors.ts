import type { ProviderFault } from '#queues/ports/provider.ts';
import { needsAPerson } from '#src/cloud/needs-a-person.ts';

/**
 * Faults by "id: message". The id alone is not enough: unprocessable_entity has many causes. The first match counts.
 * Sources: packer#1814 (pending event), outline-server#81 (finalizing), pry0cc/axiom#422 (droplet limit),
 * inlets-operator#111 (size is unavailable), analogsea#180 (Region is not available), and the document. Words about
 * accounts: api-v2#36 (restricted until a payment), python-digitalocean#353 (not allowed while a bill is pending). The
 * same three words for an image, a size and a region: community.digitalocean#334, digitalocean-api-java#64.
 */
const meanings: readonly (readonly [RegExp, ProviderFault])[] = [
  [/^(too_many_requests|rate_limit\w*):/i, 'rate-limited'],
  [/pending event|finaliz/i, 'busy'],
  [/droplet limit|(size|region) is (unavailable|not available)|sold out|out of (stock|capacity)/i, 'capacity'],
  [/invalid image|image (is|was) not (found|available)/i, 'no-image'],
  [/invalid (size|region)/i, 'not-offered'],
  [/^(unauthorized|forbidden):/i, 'not-allowed'],
];

/** null: the message is unknown, and the status decides. */
export function meaningOf(message: string): ProviderFault | null {
  const meaning = meanings.find(([pattern]) => pattern.test(message))?.[1];
  return meaning ?? (needsAPerson(message) ? 'not-allowed' : null);
}

/** Whether DigitalOcean itself returned the 404. A 404 from a proxy has no message. */
export function isNotFound(status: number, message: string | null): boolean {
  return status === 404 && message !== null;
}
