import { html } from '#src/html/html.ts';
import { problemKinds } from '#src/http/problems/problem.ts';
import { problemOf } from '#src/http/problems/problem-of.ts';
import type { Logger } from '#src/log.ts';
import type { View } from './page.ts';

/** What a page shows instead of its content. An unexpected error is logged in full, and not shown. */
export function problemView(error: unknown, log: Logger): { status: number; message: string; view: View } {
  const problem = problemOf(error);
  if (problem.kind === 'internal') log.error({ event: 'request-failed', err: error }, 'A page failed unexpectedly');
  const { status, message } = problem;
  const body = html`<p class="flash refused" role="alert">${message}</p><p><a href="/console">Back to the overview</a></p>`;
  return { status, message, view: { title: problemKinds[problem.kind].title, body } };
}
