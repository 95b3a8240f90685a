import type { Answer } from '#src/simulator/dialect.ts';

const ids: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  422: 'unprocessable_entity',
  429: 'too_many_requests',
  500: 'server_error',
  503: 'service_unavailable',
};

/** DigitalOcean's error shape. */
export function errorAnswer(status: number, message: string): Answer {
  return { status, body: { id: ids[status] ?? 'error', message } };
}

export const absent = (): Answer => errorAnswer(404, 'The resource you were accessing could not be found.');

/** The message as in packer#1814. */
export const locked = (): Answer => errorAnswer(422, 'Droplet already has a pending event.');
