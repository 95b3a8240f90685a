import { ProviderError, type ProviderFault } from '#queues/ports/provider.ts';

/** What a provider answered instead of doing what was asked. */
export interface Refused {
  readonly status: number;
  /** The provider's own words, without secrets; null where its answer was not an error in the shape it documents. */
  readonly words: string | null;
  readonly retryAfterMs: number | undefined;
}

/** A ProviderError that keeps the answer, for the few callers to whom some refusals are an answer (a 404 to a get). */
export class Refusal extends ProviderError {
  readonly status: number;
  readonly words: string | null;

  constructor(fault: ProviderFault, what: string, refused: Refused) {
    const { status, words, retryAfterMs } = refused;
    const said = words === null ? '(no error in the documented shape)' : `"${words}"`;
    super(fault, `${what} was answered ${status}: ${said}`, retryAfterMs === undefined ? {} : { retryAfterMs });
    this.status = status;
    this.words = words;
  }
}

/**
 * What a refusal means. What the provider's words mean (null: nothing that we know) goes before its status,
 * except that a 5xx to a create leaves its outcome unknown unless the words say that there was no room for it.
 */
export function faultOf(status: number, creates: boolean, byWords: ProviderFault | null): ProviderFault {
  const uncertain = creates && isOutage(status) && byWords !== 'capacity';
  if (byWords !== null && !uncertain) return byWords;
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
