import { z } from 'zod';
import { shortIpv6 } from '#src/cloud/addresses.ts';
import { withoutSecrets } from '#src/keys/secret.ts';

/** Fields of requests and answers. Their schemas keep invalid text out of tables and logs. */

/**
 * One line of text. Two texts that look alike must be alike, so it has no invisible characters, and none that changes
 * the direction of text.
 */
export function text(maxLength: number) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .refine((text) => refusedIn(text) === null, { error: ({ input }) => `must not contain ${refusedIn(input)}` })
    .refine((text) => withoutSecrets(text) === text, 'must not contain the secret of a key or a webhook')
    .regex(/^\S/u, 'must not start with a space')
    .regex(/\S$/u, 'must not end with a space');
}

const refused: readonly (readonly [kind: string, characters: RegExp])[] = [
  ['a control character', /\p{Cc}/u],
  ['a line separator', /[\p{Zl}\p{Zp}]/u],
  ['half of a surrogate pair', /\p{Cs}/u],
  ['a character that changes the direction of text', /\p{Bidi_Control}/u],
  ['an invisible character', /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u],
];

/** Names the first character that `text` refuses, such as `a control character (U+0009)`; null: there is none. */
function refusedIn(input: unknown): string | null {
  for (const [kind, characters] of refused) {
    const found = characters.exec(String(input))?.[0].codePointAt(0);
    if (found !== undefined) return `${kind} (U+${found.toString(16).toUpperCase().padStart(4, '0')})`;
  }
  return null;
}

export const id = z
  .string()
  .regex(/^[a-z0-9-]{1,26}$/, 'must be 1 to 26 lower-case letters, digits and dashes')
  .meta({ example: 'srv-1k9f3zq4t0c7w2h5ab' });

const oneLine = 'One line of text, without control characters and invisible characters.';
export const customer = text(200).meta({
  description: `The shop’s own identifier of the customer, such as an e-mail address. It is stored as given. ${oneLine}`,
  example: 'c-4711',
});
export const reference = text(200).meta({
  description: `The shop’s own reference, such as an order number. ${oneLine}`,
});
/** Why an operator has changed a switch. */
export const reason = text(200).meta({
  description: `Why; shown in the alert and in the log. ${oneLine}`,
  example: 'Stock of fra is used up',
});

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

/** A time with its offset from UTC, as a Date. */
export function instantLike(example: string) {
  const mustBe = `must be a time such as ${example}`;
  return z.iso
    .datetime({ offset: true, error: mustBe })
    .transform((text) => new Date(text))
    .refine(hasUsualYear, mustBe)
    .meta({ override: { type: 'string', format: 'date-time', example } });
}

/** From 1 to 9999. The offset can lead to another year, which Postgres does not read as JavaScript writes it. */
function hasUsualYear(time: Date): boolean {
  return /^(?!0000)\d{4}-/.test(time.toISOString());
}

/** A time in a query. */
export const queryInstant = instantLike('2026-01-31T12:00:00Z');

/** An address in a query, in the form in which it is stored. */
export const address = z
  .union([z.ipv4(), z.ipv6()], { error: 'must be an IPv4 or an IPv6 address' })
  .transform((text) => shortIpv6(text) ?? text)
  .meta({ override: { type: 'string', example: '203.0.113.7' } });

/** Bytes that are not UTF-8 arrive as U+FFFD, and would find nothing. */
const inUtf8 = (text: string) => !text.includes('\ufffd');
export const askedCustomer = customer.refine(inUtf8, 'must be percent-encoded UTF-8: é is %C3%A9').meta({
  description:
    'Finds the customer in any case, and in any Unicode form. Percent-encode it: `+` is `%2B`, since a `+` in a query is a space.',
  example: 'ada+vpn@example.com',
});
export const askedReference = reference.refine(inUtf8, 'must be percent-encoded UTF-8: é is %C3%A9').meta({
  description: 'The shop’s own reference, exactly as given. Percent-encode it: `+` is `%2B`.',
});
