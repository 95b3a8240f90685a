import type { CloudHttp } from '#src/cloud/http-client.ts';
import { incomplete, type Listing, readPages } from '#src/cloud/pages.ts';

const paging = { perPage: 500, nextAs: 'cursor' } as const;

/**
 * Everything that a listing holds, over all pages, each id once. Rejects rather than answer in part: `unavailable`
 * where fewer came than any page promised (machines that appear or vanish meanwhile are no fault), `rejected` where
 * the cursors go round in a circle.
 */
export async function everyPage<T extends { readonly id: string }>(
  http: CloudHttp,
  listing: Listing<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const reading = await readPages(http, listing, paging, signal);
  const promised = Math.min(...reading.totals.map((total) => total ?? 0));
  if (reading.items.length < promised) throw incomplete(listing.path, reading, promised);
  return reading.items;
}
