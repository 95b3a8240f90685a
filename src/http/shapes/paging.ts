import { z } from 'zod';
import { Problem } from '#src/http/problems/problem.ts';

const maxLimit = 200;
const defaultLimit = 50;
const limitMessage = `must be a whole number from 1 to ${maxLimit}`;

export const pageQuery = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, limitMessage)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= maxLimit, limitMessage)
    .optional()
    .meta({ override: { type: 'integer', minimum: 1, maximum: maxLimit, default: defaultLimit } }),
  cursor: z.string().min(1).max(200).optional().meta({ description: 'The `nextCursor` of the previous page.' }),
};

/** The ids of servers and jobs. */
export const idKey = /^[a-z0-9-]{1,26}$/;
/** The numbers of events; fits into an integer of Postgres. */
export const sequenceKey = /^\d{1,9}$/;

/** The body of a page of items. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
}

export interface List<Row> {
  /** Part of the cursor, so that a cursor of another list is rejected. */
  readonly name: string;
  /** The pattern of a key. Any other text is rejected before it reaches the database. */
  readonly key: RegExp;
  readonly keyOf: (row: Row) => string;
  readonly read: (after: string | undefined, limit: number) => Promise<readonly Row[]>;
}

/** Reads one page. A cursor is the list's name and the last row's key, in base64url. Throws Problem for other text. */
export async function readPage<Row>(
  { limit = defaultLimit, cursor }: { limit?: number | undefined; cursor?: string | undefined },
  list: List<Row>,
): Promise<Page<Row>> {
  const rows = await list.read(cursor === undefined ? undefined : keyIn(list, cursor), limit + 1);
  const onPage = rows.slice(0, limit);
  const last = onPage.at(-1);
  return { rows: onPage, nextCursor: rows.length > limit && last ? cursorAt(list, list.keyOf(last)) : null };
}

/** A list that is searched, so that a page may end before it is full. */
export interface SearchedList<Row> extends Pick<List<Row>, 'name' | 'key'> {
  /** `next` is the key to go on from; null: nothing follows. */
  readonly read: (
    after: string | undefined,
    limit: number,
  ) => Promise<{ readonly rows: readonly Row[]; readonly next: string | null }>;
}

/** Like `readPage`, for a search. */
export async function searchPage<Row>(
  { limit = defaultLimit, cursor }: { limit?: number | undefined; cursor?: string | undefined },
  list: SearchedList<Row>,
): Promise<Page<Row>> {
  const { rows, next } = await list.read(cursor === undefined ? undefined : keyIn(list, cursor), limit);
  return { rows, nextCursor: next === null ? null : cursorAt(list, next) };
}

function cursorAt({ name }: { readonly name: string }, key: string): string {
  return Buffer.from(`${name}:${key}`).toString('base64url');
}

function keyIn(list: Pick<List<unknown>, 'name' | 'key'>, cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('latin1').split(':')[1] ?? '';
  if (list.key.test(key) && cursorAt(list, key) === cursor) return key;
  throw new Problem(
    'invalid-parameters',
    'The cursor is not a nextCursor of this list. Send one from its previous page.',
    {
      members: { errors: [{ in: 'query', pointer: '/cursor', detail: 'must be the nextCursor of the previous page' }] },
    },
  );
}
