import { jobTraits } from '#db/job-traits.ts';
import type { Job } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { copiedText, idLink } from '#src/html/id-link.ts';
import { facts } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { boardPath } from '#src/http/board/paths.ts';
import { actionForm } from '#src/pages/action-form.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { jobPath, serverPath } from '#src/pages/paths.ts';
import { jobBadge } from '#src/pages/tones.ts';
import { cancelJob, retryJob } from './actions.ts';
import { liveJob, logHtml } from './live-job.ts';

const ended: readonly Job['state'][] = ['succeeded', 'failed', 'cancelled'];

export const jobPage: Page = {
  path: `${jobPath('')}:id`,
  show: async (visit) => {
    const job = await visit.api.call<Job>('GET /v1/jobs/{id}', { params: visit.params });
    const live = ended.includes(job.state) ? null : liveJob(job);
    const log = live === null ? html`<h2>Log</h2>${logHtml(job)}` : null;
    const board = html`<a href="${boardPath}/queue/servers/${job.id}">The job in Bull Board</a>`;
    return { title: `Job ${job.id}`, body: html`${live}${factsOf(job)}${commandsOf(visit, job)}${log}<p>${board}</p>` };
  },
};

function factsOf(job: Job): Html {
  const { id, kind, state, serverId, location, plan, attempts, error, retryOf } = job;
  return html`<section class="sheet" aria-label="The job">${facts({
    Job: copiedText(id),
    Kind: kind,
    State: jobBadge(state),
    Server: idLink(serverId, serverPath(serverId)),
    ...(location !== null && { Location: location }),
    ...(plan !== null && { Plan: plan }),
    Attempts: attempts,
    Error: error,
    ...(retryOf !== null && { 'Retry of': idLink(retryOf, jobPath(retryOf)) }),
    Asked: time(job.createdAt),
    Ended: time(job.finishedAt),
  })}</section>`;
}

function commandsOf(visit: Visit, { id, kind, state }: Job): Html | null {
  const params = { id };
  if (state === 'failed') return actionForm(visit, retryJob, { label: `Retry the ${kind}`, params });
  if (ended.includes(state) || !jobTraits[kind].isCancellable) return null;
  return actionForm(visit, cancelJob, { label: `Cancel the ${kind}`, params, look: 'plain' });
}
