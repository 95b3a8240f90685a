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
 * The fault by the code in "code: message", or by its words; null: both are unknown, and the status decides. To an
 * order, `resource_locked` is about the account: "The caller should contact support".
 */
export function meaningOf(message: string, call: Pick<CloudCall<unknown>, 'creates'>): ProviderFault | null {
  const code = /^\w+(?=: )/.exec(message)?.[0] ?? '';
  if (code === 'resource_locked' && call.creates) return 'not-allowed';
  if (Object.hasOwn(meanings, code)) return meanings[code] ?? null;
  return needsAPerson(message) ? 'not-allowed' : null;
}

/** Whether Hetzner itself returned the 404, and not a proxy. */
export function isNotFound(status: number, message: string | null): boolean {
  return status === 404 && message !== null && message.startsWith('not_found: ');
}
