import type { Answer } from '#src/simulator/dialect.ts';
import { errorAnswer } from './errors.ts';

const defaultPerPage = 100;
const maxPerPage = 500;

/** What is listed, sorted by place. */
interface Listed<Item> {
  /** The field of the body that holds the page. */
  readonly name: string;
  readonly items: readonly Item[];
  /** The number that the items are sorted by. */
  readonly placeOf: (item: Item) => number;
  readonly bodyOf: (item: Item) => object;
}

/**
 * One page in Vultr's shape. A cursor names the first row of its page, so that added or removed rows do not move other
 * rows to another page.
 */
export function pageAnswer<Item>({ name, items, placeOf, bodyOf }: Listed<Item>, query: URLSearchParams): Answer {
  const perPage = Number(query.get('per_page') ?? defaultPerPage);
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > maxPerPage) return errorAnswer(400, 'Invalid per_page.');
  const cursor = query.get('cursor') ?? '';
  const from = cursor === '' ? 0 : placeIn(cursor);
  if (from === null) return errorAnswer(400, 'Invalid cursor.');
  const first = items.findIndex((item) => placeOf(item) >= from);
  const start = first === -1 ? items.length : first;
  const cursorAt = (index: number) => {
    const item = items[index];
    return item === undefined ? '' : cursorTo(placeOf(item));
  };
  const next = cursorAt(start + perPage);
  const prev = first > 0 ? cursorAt(Math.max(0, first - perPage)) : '';
  const body = {
    [name]: items.slice(start, start + perPage).map(bodyOf),
    meta: { total: items.length, links: { next, prev } },
  };
  return { status: 200, body };
}

function cursorTo(place: number): string {
  return Buffer.from(`next__${place}`).toString('base64');
}

function placeIn(cursor: string): number | null {
  const place = /^next__(\d+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1];
  return place === undefined ? null : Number(place);
}
