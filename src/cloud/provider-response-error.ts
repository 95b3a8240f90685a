import { ProviderError, type ProviderFault } from '#queues/ports/provider.ts';

/** A provider's response with an error. */
export interface ProviderResponse {
  readonly status: number;
  /** The provider's message, without secrets; null if the body is not an error in the documented shape. */
  readonly providerMessage: string | null;
  readonly retryAfterMs: number | undefined;
}

/** A ProviderError with its response. Some callers treat such an error as a result, such as a 404 to a get. */
export class ProviderResponseError extends ProviderError {
  readonly status: number;
  readonly providerMessage: string | null;

  constructor(fault: ProviderFault, call: string, response: ProviderResponse) {
    const { status, providerMessage, retryAfterMs } = response;
    const message = providerMessage === null ? '(no error in the documented shape)' : `"${providerMessage}"`;
    const madeNothing = isRefusal(fault, response);
    super(fault, `${call} got status ${status}: ${message}`, { retryAfterMs, madeNothing });
    this.status = status;
    this.providerMessage = providerMessage;
  }
}

/** Whether the response proves that the call changed nothing. A taken name may be our own machine's. */
function isRefusal(fault: ProviderFault, { status, providerMessage }: ProviderResponse): boolean {
  if (fault === 'unknown' || fault === 'unavailable' || fault === 'name-taken') return false;
  if (fault === 'capacity' || [401, 402, 403, 429].includes(status)) return true;
  // A proxy can answer with any 4xx, but not with an error in the provider's shape.
  return status >= 400 && status < 500 && providerMessage !== null;
}

/**
 * The fault that a response means. `byMessage` takes precedence over the status; null: the message is unknown.
 * Exception: after a 5xx the outcome of a create is unknown, unless the message reports missing capacity.
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

/** 408 counts as an outage: the provider timed out, and the request may be valid. */
function isOutage(status: number): boolean {
  return status >= 500 || status === 408;
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}
