import type { Answer } from '#src/simulator/dialect.ts';

/** The codes that Cloudflare was observed to use with these statuses; its API document lists few. */
const codes: Readonly<Record<number, number>> = { 400: 1004, 401: 10000, 403: 9109, 404: 7003, 429: 10100 };

/** Cloudflare's envelope around an error. */
export function errorAnswer(status: number, message: string): Answer {
  return errorWithCode(status, codes[status] ?? 10001, message);
}

export function errorWithCode(status: number, code: number, message: string): Answer {
  return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } };
}

export const identical = (): Answer => errorWithCode(400, 81058, 'An identical record already exists.');

export const absent = (): Answer => errorWithCode(404, 81044, 'Record does not exist.');

export const noRoute = (): Answer =>
  errorWithCode(404, 7003, 'Could not route to that path, perhaps your object identifier is invalid?');

/** Cloudflare's envelope around a result. */
export function resultAnswer(result: object): Answer {
  return { status: 200, body: { success: true, errors: [], messages: [], result } };
}
