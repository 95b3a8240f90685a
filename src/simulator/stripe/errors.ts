import type { Answer } from '#src/simulator/dialect.ts';

/** Stripe's types of errors by status. */
function typeOf(status: number): string {
  if (status === 401) return 'invalid_request_error';
  if (status === 409) return 'idempotency_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'api_error' : 'invalid_request_error';
}

/** Stripe's error shape. */
export function errorAnswer(status: number, message: string): Answer {
  const code = status === 429 ? { code: 'rate_limit' } : {};
  return { status, body: { error: { type: typeOf(status), message, ...code } } };
}

export function missing(what: string, id: string): Answer {
  const message = `No such ${what}: '${id}'`;
  return {
    status: 404,
    body: { error: { type: 'invalid_request_error', code: 'resource_missing', message, param: 'id' } },
  };
}

/** A parameter that Stripe does not know, or a value that it does not take. */
export function invalidParameter(param: string, message: string, code = 'parameter_invalid'): Answer {
  return { status: 400, body: { error: { type: 'invalid_request_error', code, message, param } } };
}

export function unknownParameter(param: string): Answer {
  return invalidParameter(param, `Received unknown parameter: ${param}`, 'parameter_unknown');
}
