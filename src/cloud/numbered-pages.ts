import type { CloudHttp } from './http-client.ts';
import { incomplete, type Listing, readPages } from './pages.ts';

/** A listing that changes during three readings in a row is given up. The caller tries again later. */
const maxReadings = 3;

/**
 * All items of a listing with numbered pages, each id once; never a part. A removal between two pages moves later items
 * to an earlier page, where the reader misses them. There are then fewer items than the largest total of any page, and
 * the listing is read again. Rejects with `unavailable` after three such readings, with `rejected` if the pages loop.
 */
export async function everyNumberedPage<T extends { readonly id: string }>(
  http: CloudHttp,
  { perPage, ...listing }: Listing<T> & { readonly perPage: number },
  signal: AbortSignal,
): Promise<readonly T[]> {
  for (let readings = 1; ; readings += 1) {
    const reading = await readPages(http, { ...listing, perPage, nextAs: 'page' }, signal);
    const largestTotal = Math.max(...reading.totals.map((total) => total ?? 0));
    if (reading.items.length >= largestTotal) return reading.items;
    if (readings >= maxReadings) throw incomplete(listing.path, reading, largestTotal);
  }
}
