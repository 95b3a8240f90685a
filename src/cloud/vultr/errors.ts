import type { ProviderFault } from '#queues/ports/provider.ts';
import { needsAPerson } from '#src/cloud/needs-a-person.ts';

/**
 * Faults by error text, since Vultr has no error codes. The first match counts. Sources: ansible-collection-vultr#113
 * (locked), getlantern/lantern_aws#186 (maximum number), vultr/whmcs-vultr#74 (no stock), terraform-provider-vultr#377
 * ("Invalid plan chosen."), and Vultr's API document.
 */
const meanings: readonly (readonly [RegExp, ProviderFault])[] = [
  [/rate limit|too many requests/i, 'rate-limited'],
  [/currently locked|pending event|already in progress/i, 'busy'],
  [/maximum number|reached (the|your) .*limit|sold out|out of stock|not available in|out of capacity/i, 'capacity'],
  [/invalid (os|operating system|image)\b|invalid os_id/i, 'no-image'],
  [/invalid (plan|region|location)\b/i, 'not-offered'],
  [/invalid api (key|token)|unauthorized ip|not authorized/i, 'not-allowed'],
];

/** null: the message is unknown, and the status decides. */
export function meaningOf(message: string): ProviderFault | null {
  const meaning = meanings.find(([pattern]) => pattern.test(message))?.[1];
  return meaning ?? (needsAPerson(message) ? 'not-allowed' : null);
}

/** A 404, or the 400 that Vultr returned before it used 404 (terraform-provider-vultr#177). */
export function isNotFound(status: number, message: string | null): boolean {
  if (message === null) return false;
  return status === 404 || (status === 400 && /invalid instance.id/i.test(message));
}

/** The response to a second removal while the first is in progress (squat/terraform-provider-vultr#50). */
export function isBeingRemoved(message: string | null): boolean {
  return message !== null && /already pending destruction/i.test(message);
}
