import type { z } from 'zod';
import { ProviderError } from '#queues/ports/provider.ts';
import type { CloudHttp } from './http-client.ts';
import type { Page } from './vultr-answers.ts';

const LARGEST_PAGE = '500';
/** 500,000 machines: further on it is a loop with ever new cursors. */
const MOST_PAGES = 1000;

export interface Listing<T> {
  readonly path: string;
  readonly filter: Readonly<Record<string, string>>;
  readonly page: z.ZodType<Page<T>>;
}

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
  const found = new Map<string, T>();
  const cursors = new Set<string>();
  let promised = Number.MAX_SAFE_INTEGER;
  let cursor: string | null = null;
  do {
    const page: Page<T> = await http({ method: 'GET', ...onePage(listing, cursor), signal });
    for (const item of page.items) found.set(item.id, item);
    promised = Math.min(promised, page.total ?? 0);
    cursor = page.next;
    if (cursor !== null) assertNew(cursor, cursors, listing.path);
  } while (cursor !== null);
  if (found.size < promised) {
    throw new ProviderError('unavailable', `${listing.path} listed ${found.size} of ${promised}: the rest is missing.`);
  }
  return [...found.values()];
}

function onePage<T>({ path, filter, page }: Listing<T>, cursor: string | null) {
  const query = { ...filter, per_page: LARGEST_PAGE, ...(cursor === null ? {} : { cursor }) };
  return { path, query, answer: page };
}

function assertNew(cursor: string, cursors: Set<string>, path: string): void {
  if (cursors.has(cursor) || cursors.size >= MOST_PAGES) {
    throw new ProviderError('rejected', `${path} pages in a circle: the listing has no end.`);
  }
  cursors.add(cursor);
}
