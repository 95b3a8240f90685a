import type { CloudHttp } from './http-client.ts';
import { incomplete, type Listing, readPages } from './pages.ts';

/** A listing that changes under three readings in a row is given up: the caller tries again later. */
const mostReadings = 3;

/**
 * Everything that a listing with numbered pages holds, each id once. A removal between two pages moves what follows to
 * an earlier page, past the reader; it shows as fewer items than some page promised, and the listing is read again.
 * Rejects rather than answer in part: `unavailable` where that does not help, `rejected` where the pages have no end.
 */
export async function everyNumberedPage<T extends { readonly id: string }>(
  http: CloudHttp,
  { perPage, ...listing }: Listing<T> & { readonly perPage: number },
  signal: AbortSignal,
): Promise<readonly T[]> {
  for (let readings = 1; ; readings += 1) {
    const reading = await readPages(http, listing, { perPage, nextAs: 'page' }, signal);
    const promised = Math.max(...reading.totals.map((total) => total ?? 0));
    if (reading.items.length >= promised) return reading.items;
    if (readings >= mostReadings) throw incomplete(listing.path, reading, promised);
  }
}
