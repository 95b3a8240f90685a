import { invoicesOf } from './billing.ts';
import type { Book } from './book.ts';
import type { List, StripeObject } from './shapes.ts';

type Fields = Record<string, unknown>;

/** The lists that an object shows only when they are expanded. */
const heldLists: Readonly<Record<string, (book: Book, id: string) => readonly StripeObject[]>> = {
  payments: (book, id) => book.all('invoice_payment').filter(({ invoice }) => invoice === id),
  refunds: (book, id) => book.all('refund').filter(({ charge }) => charge === id),
  invoices: invoicesOf,
};

/** Deepest level that Stripe expands. */
const maxDepth = 4;

/** A copy of an answer in which the objects at these paths (`data.payments`, `items.data.price.product`) are whole. */
export function expanded(book: Book, body: object, paths: readonly string[]): Fields {
  return paths.reduce((result, path) => expandAt(book, result, path.split('.')), { ...body } as Fields);
}

/** The path that is too deep; null: none is. */
export function tooDeep(paths: readonly string[]): string | null {
  return paths.find((path) => path.split('.').length > maxDepth) ?? null;
}

function expandAt(book: Book, fields: Fields, [key = '', ...rest]: readonly string[]): Fields {
  const value = fields[key] ?? heldList(book, fields, key);
  const whole = typeof value === 'string' ? (book.any(value) ?? value) : value;
  return { ...fields, [key]: rest.length === 0 ? whole : expandInside(book, whole, rest) };
}

function expandInside(book: Book, value: unknown, rest: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one: Fields) => expandAt(book, one, rest));
  return typeof value === 'object' && value !== null ? expandAt(book, value as Fields, rest) : value;
}

function heldList(book: Book, { id }: Fields, key: string): List<StripeObject> | undefined {
  const data = heldLists[key]?.(book, String(id));
  return data && { object: 'list', data, has_more: false, url: `/v1/${key}` };
}
