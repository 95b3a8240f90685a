import { z } from 'zod';
import { Problem } from './problem.ts';

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

export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
}

/**
 * Reads one page of `list`. A cursor is the key of the last row behind the name of its list, so that one of another
 * list is refused.
 */
export async function readPage<Row>(
  list: string,
  { limit = usualPage, cursor }: { limit?: number | undefined; cursor?: string | undefined },
  source: { read: (after: string | undefined, limit: number) => Promise<readonly Row[]>; keyOf: (row: Row) => string },
): Promise<Page<Row>> {
  const rows = await source.read(cursor === undefined ? undefined : keyIn(list, cursor), limit + 1);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, nextCursor: rows.length > limit && last ? cursorAt(list, source.keyOf(last)) : null };
}

function cursorAt(list: string, key: string): string {
  return Buffer.from(`${list}:${key}`).toString('base64url');
}

function keyIn(list: string, cursor: string): string {
  const [name, key, ...rest] = Buffer.from(cursor, 'base64url').toString('latin1').split(':');
  if (name === list && key && /^[a-z0-9-]{1,26}$/.test(key) && rest.length === 0 && cursorAt(list, key) === cursor) {
    return key;
  }
  throw new Problem('invalid-parameters', 'The cursor is not one that this list has given.', {
    members: { errors: [{ in: 'query', pointer: '/cursor', detail: 'must be the nextCursor of the page before' }] },
  });
}
