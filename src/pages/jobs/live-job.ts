import type { Job } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { time } from '#src/html/time.ts';
import { jobLogPath, jobPath } from '#src/pages/paths.ts';
import { jobBadge } from '#src/pages/tones.ts';

/** An open job. The script follows it, and loads the page again at its end. */
export function liveJob(job: Job): Html {
  const { id, kind, state, progress, attempts, error, waitsFor, createdAt } = job;
  const front = waitsFor === null ? null : html`<p>It waits for job ${idLink(waitsFor, jobPath(waitsFor))}.</p>`;
  return html`<article class="sheet" data-job="${id}" aria-live="polite">
<h3>${kind} ${jobBadge(state)}</h3>
<p>Job ${idLink(id, jobPath(id))}, asked for at ${time(createdAt)}, attempts: <span data-part="attempts">${attempts}</span></p>
${front}
<p data-part="step">${progress?.step ?? ''}</p>
<progress max="100" value="${progress?.percent ?? 0}" aria-label="Progress of the ${kind}"></progress>
<p data-part="error">${error}</p>
${logHtml(job)}
</article>`;
}

/**
 * The log, which Redis has: it is filled after the page has been shown, and again and again while the job is open.
 * docs/decisions/0033 says why the events of the job do not carry it.
 */
export function logHtml({ id, finishedAt }: Job): Html {
  const path = jobLogPath(id);
  const trigger = finishedAt === null ? 'load, every 2s' : 'load';
  return html`<div hx-get="${path}" hx-trigger="${trigger}" hx-select="#log" hx-target="this" hx-swap="innerHTML"><p><a href="${path}">Its log</a></p></div>`;
}
