import type { Answer, Call } from '#src/simulator/dialect.ts';
import { errorAnswer } from './errors.ts';

const defaultPerPage = 20;
const maxPerPage = 200;

interface Listed<Item> {
  /** The field of the body that holds the items. */
  readonly name: string;
  readonly items: readonly Item[];
  readonly bodyOf: (item: Item) => object;
  readonly path: string;
}

/** One page of a listing in DigitalOcean's shape: numbered, with absolute links to other pages if there are any. */
export function pageAnswer<Item>({ name, items, path, bodyOf }: Listed<Item>, { base, query }: Call): Answer {
  const page = Number(query.get('page') ?? 1);
  const perPage = Number(query.get('per_page') ?? defaultPerPage);
  if (!Number.isInteger(page) || page < 1) return errorAnswer(422, 'page must be a positive number.');
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > maxPerPage) {
    return errorAnswer(422, `per_page must be a number from 1 to ${maxPerPage}.`);
  }
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const linkTo = (number: number) => {
    const asked = new URLSearchParams(query);
    asked.set('page', String(number));
    return `${base}${path}?${asked}`;
  };
  const back = page > 1 ? { first: linkTo(1), prev: linkTo(page - 1) } : {};
  const forth = page < last ? { last: linkTo(last), next: linkTo(page + 1) } : {};
  const body = {
    [name]: items.slice((page - 1) * perPage, page * perPage).map(bodyOf),
    links: last > 1 ? { pages: { ...back, ...forth } } : {},
    meta: { total: items.length },
  };
  return { status: 200, body };
}
