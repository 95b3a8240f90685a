import type { Answer } from '#src/simulator/dialect.ts';

/** The codes that Cloudflare is known to use with these statuses; its document names few. */
const codes: Readonly<Record<number, number>> = { 400: 1004, 401: 10000, 403: 9109, 404: 7003, 429: 10100 };

/** Cloudflare's envelope around an error. */
export function refuse(status: number, message: string): Answer {
  return refuseAs(status, codes[status] ?? 10001, message);
}

export function refuseAs(status: number, code: number, message: string): Answer {
  return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } };
}

export const identical = (): Answer => refuseAs(400, 81058, 'An identical record already exists.');

export const absent = (): Answer => refuseAs(404, 81044, 'Record does not exist.');

export const noRoute = (): Answer =>
  refuseAs(404, 7003, 'Could not route to that path, perhaps your object identifier is invalid?');

/** Cloudflare's envelope around what was asked for. */
export function granted(result: object): Answer {
  return { status: 200, body: { success: true, errors: [], messages: [], result } };
}
