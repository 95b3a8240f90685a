import type { Answer, Call } from '#src/simulator/dialect.ts';
import { errorAnswer } from './errors.ts';

const defaultPerPage = 25;
const maxPerPage = 50;

interface Listed<Item> {
  /** The field of the body that holds the page. */
  readonly name: string;
  readonly items: readonly Item[];
  readonly bodyOf: (item: Item) => object;
}

/** One page of a listing in Hetzner's shape. */
export function pageAnswer<Item>({ name, items, bodyOf }: Listed<Item>, { query }: Call): Answer {
  const page = Number(query.get('page') ?? 1);
  const perPage = Number(query.get('per_page') ?? defaultPerPage);
  if (!Number.isInteger(page) || page < 1) return errorAnswer(422, "invalid input in field 'page'");
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > maxPerPage) {
    return errorAnswer(422, "invalid input in field 'per_page'");
  }
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const pagination = {
    page,
    per_page: perPage,
    previous_page: page > 1 ? page - 1 : null,
    next_page: page < last ? page + 1 : null,
    last_page: last,
    total_entries: items.length,
  };
  const shown = items.slice((page - 1) * perPage, page * perPage).map(bodyOf);
  return { status: 200, body: { [name]: shown, meta: { pagination } } };
}
