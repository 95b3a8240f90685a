import { z } from 'zod';

/** A simulated DNS record. Instants are ms since 1970. */
export const dnsRecordSchema = z.object({
  id: z.string(),
  zoneId: z.string(),
  type: z.enum(['A', 'AAAA', 'CNAME', 'TXT']),
  name: z.string(),
  content: z.string(),
  ttl: z.int(),
  proxied: z.boolean(),
  comment: z.string().nullable(),
  createdAt: z.number(),
  modifiedAt: z.number(),
});
export type DnsRecord = z.infer<typeof dnsRecordSchema>;

/** The fields that a caller sets. */
export type RecordFields = Pick<DnsRecord, 'type' | 'name' | 'content' | 'ttl' | 'proxied' | 'comment'>;
