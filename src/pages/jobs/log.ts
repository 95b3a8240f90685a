import type { JobLog } from '#src/cli/api/bodies.ts';
import { html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import type { Page } from '#src/pages/page.ts';
import { jobPath, jobsPath } from '#src/pages/paths.ts';

/** A small page of its own: other pages show a part of it, and wait for Redis no longer than it does. */
export const logPage: Page = {
  path: `${jobsPath}/:id/log`,
  show: async ({ api, params }) => {
    const { lines } = await api.call<JobLog>('GET /v1/jobs/{id}/log', { params });
    const id = params.id ?? '';
    const text = lines === null ? 'Redis does not answer.' : lines.join('\n') || 'Nothing has been written yet.';
    return { title: 'Log of a job', body: html`<p>Job ${idLink(id, jobPath(id))}</p><pre id="log">${text}</pre>` };
  },
};
