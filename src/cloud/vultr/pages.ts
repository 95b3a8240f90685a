import type { CloudHttp } from '#src/cloud/http-client.ts';
import { incomplete, type Listing, readPages } from '#src/cloud/pages.ts';

const paging = { perPage: 500, nextAs: 'cursor' } as const;

/**
 * All items of a listing, each id once; never a part. Rejects with `unavailable` if there are fewer items than the
 * smallest total of any page; the total may change between two pages. Rejects with `rejected` if the cursors form a
 * loop.
 */
export async function everyPage<T extends { readonly id: string }>(
  http: CloudHttp,
  listing: Listing<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const reading = await readPages(http, { ...listing, ...paging }, signal);
  const least = Math.min(...reading.totals.map((total) => total ?? 0));
  if (reading.items.length < least) throw incomplete(listing.path, reading, least);
  return reading.items;
}
