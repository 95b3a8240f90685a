import type { Answer, Call } from '#src/simulator/dialect.ts';
import { errorAnswer } from './errors.ts';

/** One page of a listing in Cloudflare's shape. */
export function pageAnswer(
  items: readonly object[],
  { query }: Call,
  limits: { fallback: number; max: number },
): Answer {
  const page = Number(query.get('page') ?? 1);
  const perPage = Number(query.get('per_page') ?? limits.fallback);
  const isValid = Number.isInteger(page) && page >= 1 && Number.isInteger(perPage) && perPage >= 1;
  if (!isValid || perPage > limits.max) return errorAnswer(400, 'Invalid page or per_page.');
  const result = items.slice((page - 1) * perPage, page * perPage);
  const result_info = { page, per_page: perPage, count: result.length, total_count: items.length };
  return { status: 200, body: { success: true, errors: [], messages: [], result, result_info } };
}
