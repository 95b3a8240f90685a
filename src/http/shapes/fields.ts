import { z } from 'zod';

/** What callers may write, and where it is refused before it reaches a table or a log. */

/** Some words of a person or program: one line, without control characters and broken surrogates. */
export function text(longest: number) {
  return z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, 'must be one line of text without control characters')
    .regex(/^\S/u, 'must not start with a space')
    .regex(/\S$/u, 'must not end with a space');
}

export const id = z
  .string()
  .regex(/^[a-z0-9-]{1,26}$/, 'must be at most 26 lower-case letters, digits and dashes')
  .meta({ example: 'srv-1k9f3zq4t0c7w2h5ab' });

export const customer = text(200).meta({ description: 'Who bought it, in the shop’s own words.', example: 'c-4711' });
export const reference = text(200).meta({ description: 'The shop’s own reference, such as an order number.' });

const offered = /^[a-z0-9][a-z0-9._-]{0,63}$/;
export const location = z
  .string()
  .regex(offered, 'must be a location id, as GET /v1/locations lists them')
  .meta({ description: 'An id from GET /v1/locations.', example: 'ams' });
export const plan = z
  .string()
  .regex(offered, 'must be a plan id, as GET /v1/plans lists them')
  .meta({ description: 'An id from GET /v1/plans.', example: 'vc2-1c-1gb' });

export const instant = z.iso.datetime().meta({ example: '2026-01-31T12:00:00.000Z' });
