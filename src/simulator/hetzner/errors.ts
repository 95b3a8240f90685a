import type { Answer } from '#src/simulator/dialect.ts';

const codes: Readonly<Record<number, string>> = {
  400: 'json_error',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  412: 'resource_unavailable',
  422: 'invalid_input',
  423: 'locked',
  429: 'rate_limit_exceeded',
  500: 'server_error',
  503: 'unavailable',
  504: 'timeout',
};

/** Hetzner's error shape, with the status's code in the API document. */
export function errorAnswer(status: number, message: string): Answer {
  return errorWithCode(status, codes[status] ?? 'unknown_error', message);
}

export function errorWithCode(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message, details: null } } };
}

export const absent = (): Answer => errorAnswer(404, 'server not found');

export const locked = (): Answer => errorAnswer(423, 'server is locked');

export const taken = (what: string): Answer => errorWithCode(409, 'uniqueness_error', `${what} name is already used`);
