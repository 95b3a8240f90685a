import { z } from 'zod';
import { Problem } from '#src/http/problems/problem.ts';

const largestPage = 200;
const usualPage = 50;

export const pageQuery = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, `must be a whole number from 1 to ${largestPage}`)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= largestPage, `must be a whole number from 1 to ${largestPage}`)
    .optional()
    .meta({ override: { type: 'integer', minimum: 1, maximum: largestPage, default: usualPage } }),
  cursor: z.string().min(1).max(200).optional().meta({ description: 'The `nextCursor` of the page before.' }),
};

/** The keys of servers and jobs. */
export const idKey = /^[a-z0-9-]{1,26}$/;

export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
}

export interface List<Row> {
  /** A cursor of another list is refused. */
  readonly name: string;
  /** What a key looks like; anything else does not reach the database. */
  readonly key: RegExp;
  readonly keyOf: (row: Row) => string;
  readonly read: (after: string | undefined, limit: number) => Promise<readonly Row[]>;
}

/** Reads one page. A cursor is the key of the last row behind the name of its list. */
export async function readPage<Row>(
  { limit = usualPage, cursor }: { limit?: number | undefined; cursor?: string | undefined },
  list: List<Row>,
): Promise<Page<Row>> {
  const rows = await list.read(cursor === undefined ? undefined : keyIn(list, cursor), limit + 1);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, nextCursor: rows.length > limit && last ? cursorAt(list, list.keyOf(last)) : null };
}

function cursorAt({ name }: { readonly name: string }, key: string): string {
  return Buffer.from(`${name}:${key}`).toString('base64url');
}

function keyIn(list: Pick<List<unknown>, 'name' | 'key'>, cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('latin1').split(':')[1] ?? '';
  if (list.key.test(key) && cursorAt(list, key) === cursor) return key;
  throw new Problem('invalid-parameters', 'The cursor is not one that this list has given.', {
    members: { errors: [{ in: 'query', pointer: '/cursor', detail: 'must be the nextCursor of the page before' }] },
  });
}
