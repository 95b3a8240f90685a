import { jobKinds } from '#db/model.ts';
import type { Job, PageOf } from '#src/cli/api/bodies.ts';
import { empty } from '#src/html/empty.ts';
import { filterForm, select, textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { shownStates } from '#src/http/shapes/job.ts';
import { olderLinks } from '#src/pages/older.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { jobPath, jobsPath, serverPath } from '#src/pages/paths.ts';
import { jobBadge } from '#src/pages/tones.ts';
import { retryAllHtml } from './retry-all.ts';

export const jobsPage: Page = {
  path: jobsPath,
  nav: 'Jobs',
  show: async (visit) => {
    const { api, asked } = visit;
    const filter = { state: asked('state'), kind: asked('kind'), server: asked('server') };
    const query = { ...filter, cursor: asked('cursor') };
    const { items, nextCursor } = await api.call<PageOf<Job>>('GET /v1/jobs', { query });
    const list =
      items.length > 0
        ? jobsTable(items)
        : empty('No job fits the filter.', html`<a href="${jobsPath}">Show all jobs</a>`);
    const body = html`${filterOf(visit)}${retryAllHtml(visit, items)}${list}${olderLinks(visit, nextCursor)}`;
    return { title: 'Jobs', body };
  },
};

function filterOf({ asked }: Visit): Html {
  const any = (values: readonly string[]) => ['', ...values].map((value) => ({ value, text: value || 'any' }));
  return filterForm(jobsPath, [
    select('State', { name: 'state', choices: any(shownStates), chosen: asked('state') }),
    select('Kind', { name: 'kind', choices: any(jobKinds), chosen: asked('kind') }),
    textInput('Server', { name: 'server', value: asked('server') }),
  ]);
}

export function jobsTable(jobs: readonly Job[]): Html {
  return table('Jobs', jobs, {
    Job: ({ id }) => idLink(id, jobPath(id)),
    Kind: ({ kind }) => kind,
    State: ({ state }) => jobBadge(state),
    Server: ({ serverId }) => idLink(serverId, serverPath(serverId)),
    Attempts: ({ attempts }) => attempts,
    Error: ({ error }) => error && shortened(error),
    Asked: ({ createdAt }) => time(createdAt),
  });
}

function shortened(text: string): string {
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
