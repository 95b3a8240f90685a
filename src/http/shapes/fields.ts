import { z } from 'zod';

/** Fields of requests and answers. Their schemas keep invalid text out of tables and logs. */

/** One line of text without control characters and lone surrogates. */
export function text(maxLength: number) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, 'must be one line of text without control characters')
    .regex(/^\S/u, 'must not start with a space')
    .regex(/\S$/u, 'must not end with a space');
}

export const id = z
  .string()
  .regex(/^[a-z0-9-]{1,26}$/, 'must be 1 to 26 lower-case letters, digits and dashes')
  .meta({ example: 'srv-1k9f3zq4t0c7w2h5ab' });

export const customer = text(200).meta({
  description: 'The shop’s own identifier of the customer.',
  example: 'c-4711',
});
export const reference = text(200).meta({ description: 'The shop’s own reference, such as an order number.' });

const catalogueId = /^[a-z0-9][a-z0-9._-]{0,63}$/;
export const location = z
  .string()
  .regex(catalogueId, 'must be a location id from GET /v1/locations')
  .meta({ description: 'A location id from GET /v1/locations.', example: 'ams' });
export const plan = z
  .string()
  .regex(catalogueId, 'must be a plan id from GET /v1/plans')
  .meta({ description: 'A plan id from GET /v1/plans.', example: 'vc2-1c-1gb' });

export const instant = z.iso.datetime().meta({ example: '2026-01-31T12:00:00.000Z' });

/** A time in a query, with its offset from UTC. */
export const queryInstant = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-01-31T12:00:00Z' })
  .transform((text) => new Date(text))
  .meta({ override: { type: 'string', format: 'date-time', example: '2026-01-31T12:00:00Z' } });
