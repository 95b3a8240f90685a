import { Option } from '@commander-js/extra-typings';
import { type Answer, type Api, withQuery } from '#src/cli/api/api.ts';
import type { PageOf } from '#src/cli/api/bodies.ts';
import type { Page } from '#src/cli/print/page.ts';
import type { Session } from '#src/cli/session.ts';

/** The options of every list that has pages. */
export const limitOption = new Option('--limit <number>', 'items on a page, at most 200');
export const cursorOption = new Option('--cursor <cursor>', 'the page after this cursor');
export const allOption = new Option('--all', 'read all pages');

interface ListOptions {
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
  readonly all?: true | undefined;
}

interface List<T> {
  readonly path: string;
  readonly filter?: Readonly<Record<string, string | undefined>>;
  readonly page: (items: readonly T[]) => Page;
}

/** Prints a page, or all of them as one. */
export async function printList<T>(
  session: Session,
  { limit, cursor, all }: ListOptions,
  { path, filter, page }: List<T>,
): Promise<void> {
  const query = { ...filter, limit: limit ?? (all && '200'), cursor };
  const first = await session.api.get<PageOf<T>>(withQuery(path, query));
  const answer = all ? await joined(session.api, first, (cursor) => withQuery(path, { ...query, cursor })) : first;
  await session.print(answer, ({ items }) => page(items));
  const { nextCursor } = answer.body;
  if (nextCursor !== null) session.say(`There are more: add --cursor ${nextCursor}, or --all.`);
}

async function joined<T>(
  api: Api,
  first: Answer<PageOf<T>>,
  pathAt: (cursor: string) => string,
): Promise<Answer<PageOf<T>>> {
  const items = [...first.body.items];
  for (let { nextCursor } = first.body; nextCursor !== null; ) {
    const { body } = await api.get<PageOf<T>>(pathAt(nextCursor));
    items.push(...body.items);
    nextCursor = body.nextCursor;
  }
  const body = { items, nextCursor: null };
  return { body, text: JSON.stringify(body) };
}
