import type { Answer } from '#src/simulator/dialect.ts';
import { errorAnswer } from './errors.ts';

const defaultPerPage = 100;
const maxPerPage = 500;

/** A row of a listing, and the number that it is sorted by. */
export interface Row {
  readonly place: number;
  readonly body: object;
}

/**
 * One page of the rows, which must be sorted by place, in Vultr's shape. A cursor names the first row of its page, so
 * that added or removed rows do not move other rows to another page.
 */
export function pageAnswer(name: string, rows: readonly Row[], query: URLSearchParams): Answer {
  const perPage = Number(query.get('per_page') ?? defaultPerPage);
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > maxPerPage) return errorAnswer(400, 'Invalid per_page.');
  const cursor = query.get('cursor') ?? '';
  const from = cursor === '' ? 0 : placeIn(cursor);
  if (from === null) return errorAnswer(400, 'Invalid cursor.');
  const start = rows.findIndex((row) => row.place >= from);
  const rest = start === -1 ? [] : rows.slice(start);
  const next = cursorTo(rest[perPage]);
  const prev = start > 0 ? cursorTo(rows[Math.max(0, start - perPage)]) : '';
  const body = {
    [name]: rest.slice(0, perPage).map((row) => row.body),
    meta: { total: rows.length, links: { next, prev } },
  };
  return { status: 200, body };
}

function cursorTo(row: Row | undefined): string {
  return row === undefined ? '' : Buffer.from(`next__${row.place}`).toString('base64');
}

function placeIn(cursor: string): number | null {
  const place = /^next__(\d+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1];
  return place === undefined ? null : Number(place);
}
