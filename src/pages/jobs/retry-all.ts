import type { Job } from '#src/cli/api/bodies.ts';
import type { Html } from '#src/html/html.ts';
import { actionForm } from '#src/pages/action-form.ts';
import type { Visit } from '#src/pages/page.ts';
import { retryJobs } from './actions.ts';

/** The button that retries the failed jobs of the page; null: there are none, or the session may not. */
export function retryAllHtml(visit: Visit, jobs: readonly Job[]): Html | null {
  const failed = jobs.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return null;
  const hidden = { ids: failed.map(({ id }) => id).join(' ') };
  return actionForm(visit, retryJobs, { label: `Retry the ${failed.length} failed jobs below`, hidden, look: 'plain' });
}
