import type { Job, PageOf } from '#src/cli/api/bodies.ts';
import type { Html } from '#src/html/html.ts';
import { actionForm } from '#src/pages/action-form.ts';
import type { Visit } from '#src/pages/page.ts';
import { retryJob } from './actions.ts';

const list = 'GET /v1/jobs';

/** The button that retries the newest job of the server; null: it has not failed, or the session may not. */
export async function retryLastHtml(visit: Visit, server: string): Promise<Html | null> {
  if (!visit.api.may(retryJob.route) || !visit.api.may(list)) return null;
  const { items } = await visit.api.call<PageOf<Job>>(list, { query: { server, limit: '1' } });
  const [last] = items;
  if (last?.state !== 'failed') return null;
  return actionForm(visit, retryJob, { label: `Retry the ${last.kind}`, params: { id: last.id } });
}
