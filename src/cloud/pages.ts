import { z } from 'zod';
import { ProviderError } from '#queues/ports/provider.ts';
import type { CloudHttp } from './http-client.ts';
import { createRetryBudget } from './retry-budget.ts';

/** A listing with more pages is treated as a loop. A thousand pages hold at least 50,000 machines. */
const maxPages = 1000;

/** One page of a listing. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The number of items on all pages; null if the page does not say. */
  readonly total: number | null;
  /** The cursor or number of the next page; null: this is the last page. */
  readonly next: string | null;
}

export interface Listing<T> {
  readonly path: string;
  readonly filter: Readonly<Record<string, string>>;
  readonly page: z.ZodType<Page<T>>;
}

/** How the pages of a provider are requested. */
export interface Paging {
  readonly perPage: number;
  /** The query parameter for the next page. */
  readonly nextAs: 'cursor' | 'page';
}

/** The items of all pages, each id once, and the total according to each page. */
export interface Reading<T> {
  readonly items: readonly T[];
  readonly totals: readonly (number | null)[];
}

/**
 * Reads all pages once. After a 429 it retries that page only. Rejects with `rejected` if the pages form a loop.
 */
export async function readPages<T extends { readonly id: string }>(
  http: CloudHttp,
  listing: Listing<T> & Paging,
  signal: AbortSignal,
): Promise<Reading<T>> {
  const found = new Map<string, T>();
  const totals: (number | null)[] = [];
  const seen = new Set<string>();
  const withRetry = createRetryBudget(signal);
  let next: string | null = null;
  do {
    const readPage = (): Promise<Page<T>> => http({ method: 'GET', ...onePage(listing, next), signal });
    const page: Page<T> = next === null ? await readPage() : await withRetry(readPage);
    for (const item of page.items) found.set(item.id, item);
    totals.push(page.total);
    next = page.next;
    if (next !== null) assertNew(next, seen, listing.path);
  } while (next !== null);
  return { items: [...found.values()], totals };
}

/** The error for a listing with fewer items than the provider's total. */
export function incomplete(path: string, { items }: Reading<unknown>, total: number): ProviderError {
  return new ProviderError('unavailable', `${path} listed ${items.length} of ${total} items.`);
}

/** The schema of a page: its items are in the field `name`; `end` reads total and next page from the whole body. */
export function pageOf<T>(
  name: string,
  item: z.ZodType<T>,
  end: z.ZodType<Omit<Page<T>, 'items'>>,
): z.ZodType<Page<T>> {
  const items = z.object({ [name]: z.array(item) }).transform((body) => ({ items: body[name] ?? [] }));
  return z.intersection(items, end);
}

function onePage<T>({ path, filter, page, perPage, nextAs }: Listing<T> & Paging, next: string | null) {
  const query = { ...filter, per_page: String(perPage), ...(next === null ? {} : { [nextAs]: next }) };
  return { path, query, answer: page };
}

function assertNew(next: string, seen: Set<string>, path: string): void {
  if (seen.has(next) || seen.size >= maxPages) {
    throw new ProviderError('rejected', `${path} returns pages in a loop: the listing has no end.`);
  }
  seen.add(next);
}
