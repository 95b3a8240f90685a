import type { Answer, Call } from '#src/simulator/dialect.ts';
import type { Book } from './book.ts';
import { invalidParameter, missing, unknownParameter } from './errors.ts';
import { expanded, tooDeep } from './expand.ts';
import type { Kind, Kinds } from './shapes.ts';

/** The query parameters of every list. */
const common = /^(limit|starting_after|ending_before|expand\[\d*\])$/;

export interface Listing<K extends Kind> {
  readonly kind: K;
  /** Stripe's path, for the list's own address. */
  readonly path: string;
  /** By the name of a query parameter: whether an object fits the asked value. */
  readonly filters: Readonly<Record<string, (object: Kinds[K], asked: string) => boolean>>;
  /** Parameters that must be given. */
  readonly required?: readonly string[];
}

/** One page of a list, newest first. */
export function listAnswer<K extends Kind>(book: Book, { query }: Call, listing: Listing<K>): Answer {
  const filters = filtersIn(query, listing);
  if ('status' in filters) return filters;
  const limit = Number(query.get('limit') ?? 10);
  if (!(limit >= 1 && limit <= 100)) return invalidParameter('limit', 'Limit must be between 1 and 100.');
  const found = book.all(listing.kind).filter((object) => filters.every((fits) => fits(object)));
  const after = query.get('starting_after');
  const start = after === null ? 0 : found.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) return missing(listing.kind, after);
  const data = found.slice(start, start + limit);
  const page = { object: 'list', data, has_more: found.length > start + limit, url: `/v1/${listing.path}` };
  return objectAnswer(book, query, page);
}

/** An object or list with everything that the call wants expanded. */
export function objectAnswer(book: Book, query: URLSearchParams, body: object): Answer {
  const paths = [...query].filter(([name]) => /^expand\[\d*\]$/.test(name)).map(([, path]) => path);
  const deep = tooDeep(paths);
  if (deep !== null) return invalidParameter('expand', `You cannot expand more than 4 levels of a property: ${deep}`);
  return { status: 200, body: expanded(book, body, paths) };
}

function filtersIn<K extends Kind>(query: URLSearchParams, { filters, required = [] }: Listing<K>) {
  const lacking = required.find((name) => !query.has(name));
  if (lacking !== undefined)
    return invalidParameter(lacking, `Missing required param: ${lacking}.`, 'parameter_missing');
  const asked = Map.groupBy(
    [...query].filter(([name]) => !common.test(name)),
    ([name]) => name.replace(/\[\d*\]$/, ''),
  );
  const unknown = [...asked.keys()].find((name) => filters[name] === undefined);
  if (unknown !== undefined) return unknownParameter(unknown);
  // Several values of one parameter, as in types[0] and types[1]: any of them fits.
  return [...asked].map(
    ([name, values]) =>
      (object: Kinds[K]) =>
        values.some(([, value]) => filters[name]?.(object, value)),
  );
}
