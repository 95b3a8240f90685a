import { type Html, html } from '#src/html/html.ts';
import type { Visit } from './page.ts';

/** The links below a page of a list: to its first page, and to what is older. `nextCursor` is the API's. */
export function olderLinks({ here }: Visit, nextCursor: string | null): Html | null {
  const hasCursor = here.searchParams.has('cursor');
  if (nextCursor === null && !hasCursor) return null;
  const newest = hasCursor ? html`<a href="${withCursor(here, null)}">Newest</a>` : null;
  const older = nextCursor === null ? null : html`<a rel="next" href="${withCursor(here, nextCursor)}">Older</a>`;
  return html`<p class="paging">${newest} ${older}</p>`;
}

function withCursor(here: URL, cursor: string | null): string {
  const query = new URLSearchParams(here.searchParams);
  query.delete('cursor');
  if (cursor !== null) query.set('cursor', cursor);
  return query.size === 0 ? here.pathname : `${here.pathname}?${query}`;
}
