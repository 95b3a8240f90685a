import { Problem } from '#src/http/problems/problem.ts';
import { problemOf } from '#src/http/problems/problem-of.ts';

/** null if the API answers that the thing does not exist, is not there any more, or is none by its form. */
export async function ifFound<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    const { kind } = problemOf(error);
    if (kind === 'not-found' || kind === 'gone' || kind === 'invalid-parameters') return null;
    throw error instanceof Problem ? error : problemOf(error);
  }
}
