import { ProviderError, type ProviderFault } from '#queues/ports/provider.ts';

/** What a provider answered instead of doing what was asked. */
export interface ProviderResponse {
  readonly status: number;
  /** The provider's own words, without secrets; null where its answer was not an error in the shape it documents. */
  readonly providerMessage: string | null;
  readonly retryAfterMs: number | undefined;
}

/** A ProviderError that keeps the answer, for the few callers to whom some refusals are an answer (a 404 to a get). */
export class ProviderResponseError extends ProviderError {
  readonly status: number;
  readonly providerMessage: string | null;

  constructor(fault: ProviderFault, what: string, response: ProviderResponse) {
    const { status, providerMessage, retryAfterMs } = response;
    const said = providerMessage === null ? '(no error in the documented shape)' : `"${providerMessage}"`;
    super(fault, `${what} was answered ${status}: ${said}`, retryAfterMs === undefined ? {} : { retryAfterMs });
    this.status = status;
    this.providerMessage = providerMessage;
  }
}

/**
 * What a refusal means. What the provider's words mean (null: nothing that we know) goes before its status,
 * except that a 5xx to a create leaves its outcome unknown unless the words say that there was no room for it.
 */
export function faultOf(status: number, creates: boolean, byMessage: ProviderFault | null): ProviderFault {
  const uncertain = creates && isOutage(status) && byMessage !== 'capacity';
  if (byMessage !== null && !uncertain) return byMessage;
  if (status === 401 || status === 402 || status === 403) return 'not-allowed';
  if (status === 429) return 'rate-limited';
  if (status === 423) return 'busy';
  if (isOutage(status)) return creates ? 'unknown' : 'unavailable';
  return creates && isRedirect(status) ? 'unknown' : 'rejected';
}

/** 408 counts as one: it says that the time ran out, and not that the request was wrong. */
function isOutage(status: number): boolean {
  return status >= 500 || status === 408;
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}
