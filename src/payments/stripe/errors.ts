import { PaymentsError, type PaymentsFault } from '#queues/ports/payments.ts';
import { redact } from '#src/cloud/redact.ts';
import { retryAfterMs } from '#src/cloud/retry-after.ts';

/** What the errors of the SDK have in common; see its class StripeError. */
interface SdkError {
  readonly type: string;
  readonly message: string;
  readonly statusCode?: number;
  readonly code?: string;
  readonly requestId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The error of one call in the words of the port. Messages may repeat the key, which is taken out. */
export function paymentsErrorOf(operation: string, error: unknown, apiKey: string): PaymentsError {
  if (error instanceof PaymentsError) return error;
  if (!isSdkError(error))
    return new PaymentsError('rejected', `Stripe, ${operation}: ${redact(String(error), [apiKey])}`);
  const status = error.statusCode === undefined ? '' : ` ${error.statusCode}`;
  const code = error.code === undefined ? '' : ` ${error.code}`;
  const request = error.requestId === undefined ? '' : ` (${error.requestId})`;
  const message = `Stripe, ${operation}:${status}${code} ${redact(error.message, [apiKey])}${request}`;
  const waitMs = retryAfterMs(error.headers?.['retry-after'] ?? null, new Date());
  return new PaymentsError(faultOf(error), message, { retryAfterMs: waitMs ?? null });
}

function isSdkError(error: unknown): error is SdkError {
  return error instanceof Error && 'type' in error && typeof error.type === 'string' && error.type.startsWith('Stripe');
}

function faultOf({ type, statusCode = 0, code }: SdkError): PaymentsFault {
  if (type === 'StripeConnectionError' || statusCode >= 500) return 'unavailable';
  if (statusCode === 429 || code === 'lock_timeout') return 'rate-limited';
  if (statusCode === 401 || statusCode === 403) return 'not-allowed';
  if (statusCode === 404 || code === 'resource_missing') return 'absent';
  // A request with the same idempotency key is still under way.
  if (statusCode === 409) return 'unavailable';
  return 'rejected';
}
