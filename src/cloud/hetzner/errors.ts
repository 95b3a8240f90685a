import type { ProviderFault } from '#queues/ports/provider.ts';

/** What the error codes mean where the status alone would mislead; from the document's tables and hcloud-go's error.go. */
const meanings: Readonly<Record<string, ProviderFault>> = {
  ...{ unauthorized: 'not-allowed', token_readonly: 'not-allowed', forbidden: 'not-allowed' },
  ...{ resource_limit_exceeded: 'capacity', resource_unavailable: 'capacity', placement_error: 'capacity' },
  ...{ rate_limit_exceeded: 'rate-limited', uniqueness_error: 'name-taken' },
  ...{ locked: 'busy', conflict: 'busy' },
  ...{ maintenance: 'unavailable', service_error: 'unavailable', unavailable: 'unavailable', timeout: 'unavailable' },
  // A person protected it, or Hetzner's support holds it: waiting ends neither.
  ...{ protected: 'rejected', resource_locked: 'rejected' },
};

/** By the code that begins "code: message"; null: one that we do not know, and the status decides. */
export function meaningOf(message: string): ProviderFault | null {
  const code = /^\w+(?=: )/.exec(message)?.[0] ?? '';
  return Object.hasOwn(meanings, code) ? (meanings[code] ?? null) : null;
}

/** A 404 of Hetzner's own, and not of something that stands in between. */
export function saysAbsent(status: number, message: string | null): boolean {
  return status === 404 && message !== null && message.startsWith('not_found: ');
}
