import type { ProviderFault } from '#queues/ports/provider.ts';
import type { CloudCall } from '#src/cloud/http-client.ts';
import { needsAPerson } from '#src/cloud/needs-a-person.ts';

/** Faults by error code, for codes whose status alone would mislead; from the API document and hcloud-go's error.go. */
const meanings: Readonly<Record<string, ProviderFault>> = {
  unauthorized: 'not-allowed',
  token_readonly: 'not-allowed',
  forbidden: 'not-allowed',
  resource_limit_exceeded: 'capacity',
  resource_unavailable: 'capacity',
  placement_error: 'capacity',
  rate_limit_exceeded: 'rate-limited',
  uniqueness_error: 'name-taken',
  locked: 'busy',
  conflict: 'busy',
  maintenance: 'unavailable',
  service_error: 'unavailable',
  unavailable: 'unavailable',
  timeout: 'unavailable',
  bad_gateway: 'unavailable',
  robot_unavailable: 'unavailable',
  // A person protected the server, or Hetzner's support locked it: waiting does not help.
  protected: 'rejected',
  resource_locked: 'rejected',
};

/**
 * What an order names and Hetzner does not have, by the words of `invalid_input` and `not_found`. Sources:
 * terraform-provider-hcloud#1255 (image not found), cloudproxy#102 (server type 1 is deprecated), and
 * TestFlows-GitHub-Hetzner-Runners#96 (unsupported location for server type).
 */
const absences: readonly (readonly [RegExp, ProviderFault])[] = [
  [/\bimage\b.*\b(not found|deprecated|unavailable)|in fields? .*'image'/i, 'no-image'],
  [/\b(server.type|location)\b.*\b(not found|deprecated|unavailable|disabled)/i, 'not-offered'],
  [/unsupported location|in fields? .*'(server_type|location)'/i, 'not-offered'],
];

/**
 * The fault by the code in "code: message", or by its words; null: both are unknown, and the status decides. To an
 * order, `resource_locked` is about the account: "The caller should contact support".
 */
export function meaningOf(message: string, call: Pick<CloudCall<unknown>, 'creates'>): ProviderFault | null {
  const code = /^\w+(?=: )/.exec(message)?.[0] ?? '';
  if (code === 'resource_locked' && call.creates) return 'not-allowed';
  if (Object.hasOwn(meanings, code)) return meanings[code] ?? null;
  if (needsAPerson(message)) return 'not-allowed';
  const isAbsence = call.creates && (code === 'invalid_input' || code === 'not_found');
  return (isAbsence && absences.find(([pattern]) => pattern.test(message))?.[1]) || null;
}

/** Whether Hetzner itself returned the 404, and not a proxy. */
export function isNotFound(status: number, message: string | null): boolean {
  return status === 404 && message !== null && message.startsWith('not_found: ');
}
