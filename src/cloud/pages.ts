import { z } from 'zod';
import { ProviderError } from '#queues/ports/provider.ts';
import type { CloudHttp } from './http-client.ts';
import { createRetryBudget } from './retry-budget.ts';

/** Further on it is a loop with ever new pages: at least 50,000 machines. */
const mostPages = 1000;

/** One page of a listing, whatever it lists. */
export interface Page<T> {
  readonly items: readonly T[];
  /** How many there are on all pages; null where it does not say. */
  readonly total: number | null;
  /** What asks for the next page: a cursor or a number; null: this is the last page. */
  readonly next: string | null;
}

export interface Listing<T> {
  readonly path: string;
  readonly filter: Readonly<Record<string, string>>;
  readonly page: z.ZodType<Page<T>>;
}

/** How a provider is asked for one page after the other. */
export interface Paging {
  readonly perPage: number;
  /** The query parameter that asks for a further page. */
  readonly nextAs: 'cursor' | 'page';
}

/** What all pages held, each id once, and what each page said of the total. */
export interface Reading<T> {
  readonly items: readonly T[];
  readonly totals: readonly (number | null)[];
}

/**
 * Goes once through all pages. A 429 to a further page does not throw away what the earlier ones cost. Rejects with
 * `rejected` where they go round in a circle.
 */
export async function readPages<T extends { readonly id: string }>(
  http: CloudHttp,
  listing: Listing<T>,
  paging: Paging,
  signal: AbortSignal,
): Promise<Reading<T>> {
  const found = new Map<string, T>();
  const totals: (number | null)[] = [];
  const seen = new Set<string>();
  const withRetry = createRetryBudget(signal);
  let next: string | null = null;
  do {
    const ask = (): Promise<Page<T>> => http({ method: 'GET', ...onePage(listing, paging, next), signal });
    const page: Page<T> = next === null ? await ask() : await withRetry(ask);
    for (const item of page.items) found.set(item.id, item);
    totals.push(page.total);
    next = page.next;
    if (next !== null) assertNew(next, seen, listing.path);
  } while (next !== null);
  return { items: [...found.values()], totals };
}

/** The error for a listing that is shorter than the provider says. */
export function incomplete(path: string, { items }: Reading<unknown>, total: number): ProviderError {
  return new ProviderError('unavailable', `${path} listed ${items.length} of ${total}: the rest is missing.`);
}

/** The schema of a page whose items are in the field `name`, and whose end `end` reads out of the whole body. */
export function pageOf<T>(
  name: string,
  item: z.ZodType<T>,
  end: z.ZodType<Omit<Page<T>, 'items'>>,
): z.ZodType<Page<T>> {
  const items = z.object({ [name]: z.array(item) }).transform((body) => ({ items: body[name] ?? [] }));
  return z.intersection(items, end);
}

function onePage<T>({ path, filter, page }: Listing<T>, { perPage, nextAs }: Paging, next: string | null) {
  const query = { ...filter, per_page: String(perPage), ...(next === null ? {} : { [nextAs]: next }) };
  return { path, query, answer: page };
}

function assertNew(next: string, seen: Set<string>, path: string): void {
  if (seen.has(next) || seen.size >= mostPages) {
    throw new ProviderError('rejected', `${path} pages in a circle: the listing has no end.`);
  }
  seen.add(next);
}
