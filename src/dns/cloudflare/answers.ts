import { z } from 'zod';
import type { Page } from '#src/cloud/pages.ts';

/** Schemas of Cloudflare's responses. They reject a 200 with `success: false`, which is not documented. */

const success = z.literal(true);

const record = z.object({
  id: z.string().regex(/^[\w-]+$/),
  type: z.string(),
  name: z.string(),
  /** Absent in some types. */
  content: z.string().default(''),
  ttl: z.number(),
  proxied: z.boolean().default(false),
  comment: z.string().nullish(),
});
export type DnsRecord = z.infer<typeof record>;

const zone = z.object({ id: z.string().regex(/^[\w-]+$/), name: z.string(), status: z.string().default('') });
export type Zone = z.infer<typeof zone>;

export const recordsPage = pageOf(record);
export const zonesPage = pageOf(zone);
export const changed = z.object({ success });

const errors = z.object({ errors: z.array(z.object({ code: z.number(), message: z.string() })).min(1) });

/** "code: message" of each error in a body of Cloudflare's envelope; null for any other body. */
export function errorMessageIn(body: unknown): string | null {
  const parsed = errors.safeParse(body).data?.errors;
  return parsed?.map(({ code, message }) => `${code}: ${message}`).join('; ') ?? null;
}

/** Cloudflare's total ignores the filter, so the last page is the first that is not full. */
function pageOf<T>(item: z.ZodType<T>): z.ZodType<Page<T>> {
  const info = z.object({ page: z.number(), per_page: z.number() });
  return z
    .object({ success, result: z.array(item), result_info: info })
    .transform(({ result: items, result_info: { page, per_page } }) => ({
      items,
      total: null,
      next: items.length < per_page ? null : String(page + 1),
    }));
}
