import type { Job } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { actionForm } from '#src/pages/action-form.ts';
import type { Visit } from '#src/pages/page.ts';
import { mostRetries, retryJobs } from './actions.ts';

/** The button that retries the failed jobs that fit the filter; null: there are none, or the session may not. */
export function retryAllHtml(visit: Visit, jobs: readonly Job[]): Html | null {
  if (jobs.every(({ state }) => state !== 'failed')) return null;
  const hidden = { kind: visit.asked('kind'), server: visit.asked('server') };
  const label = 'Retry all failed jobs that fit the filter';
  const form = actionForm(visit, retryJobs, { label, hidden, look: 'plain' });
  return (
    form &&
    html`${form}<p class="hint">At most ${mostRetries} at once, on all pages of the list. A job stays as it is if its server has had another one of its kind since, or is destroyed.</p>`
  );
}
