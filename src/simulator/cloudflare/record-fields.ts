import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import type { Answer } from '#src/simulator/dialect.ts';
import type { DnsRecord, RecordFields } from '#src/simulator/dns-record.ts';
import { errorAnswer, errorWithCode } from './errors.ts';
import { zoneIdOf } from './zones.ts';

const label = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;
const base = {
  name: z
    .string()
    .transform((name) => name.toLowerCase())
    .pipe(z.string().max(255).regex(label)),
  ttl: z.number().default(1),
  proxied: z.boolean().default(false),
  comment: z.string().max(100).nullish(),
  tags: z.array(z.string()).max(0).optional(),
};
/** Addresses are stored in their short form. */
const ipv6 = z
  .string()
  .refine(isIPv6)
  .transform((text) => new URL(`http://[${text}]`).hostname.slice(1, -1));

const fieldsSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...base, type: z.literal('A'), content: z.string().refine(isIPv4) }),
  z.strictObject({ ...base, type: z.literal('AAAA'), content: ipv6 }),
  z.strictObject({ ...base, type: z.literal('CNAME'), content: z.string() }),
  z.strictObject({ ...base, type: z.literal('TXT'), content: z.string() }),
]);

export type ParsedFields = { readonly fields: RecordFields } | { readonly error: Answer };

/** The fields in the body of a POST or PUT, or the error response. */
export function fieldsIn(body: unknown, zoneId: string): ParsedFields {
  const parsed = fieldsSchema.safeParse(body);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
    return { error: errorAnswer(400, `DNS Validation Error: ${faults.join('; ')}`) };
  }
  const { tags: _, comment = null, ...fields } = parsed.data;
  if (zoneIdOf(fields.name) !== zoneId) return { error: errorWithCode(400, 9000, 'DNS name is invalid.') };
  if (!isTtl(fields.ttl))
    return {
      error: errorWithCode(400, 9021, 'Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.'),
    };
  return { fields: { ...fields, comment } };
}

/** Like `fieldsIn`, for a PATCH, whose body contains only the changes. */
export function patchedFields(record: DnsRecord, body: unknown): ParsedFields {
  const { type, name, content, ttl, proxied, comment } = record;
  const given = z.record(z.string(), z.unknown()).catch({}).parse(body);
  return fieldsIn({ type, name, content, ttl, proxied, comment, ...given }, record.zoneId);
}

function isTtl(ttl: number): boolean {
  return ttl === 1 || (Number.isInteger(ttl) && ttl >= 60 && ttl <= 86_400);
}
