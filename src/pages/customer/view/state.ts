import type { Location } from '#queues/ports/provider.ts';
import { type Html, html } from '#src/html/html.ts';
import type { Scene } from '#src/pages/customer/scene.ts';
import { pauseReason } from '#src/pages/customer/texts.ts';
import { shownDuration } from '#src/pages/customer/usual-times.ts';
import type { Visit } from '#src/pages/customer/visit.ts';
import { timeHtml } from './document.ts';

/** The state of the server in plain words, how long it usually takes, and what the customer has to do. */
export function stateSection(visit: Visit, scene: Scene): Html {
  const { server } = visit;
  const { state, place } = scene;
  const isPaused = server.status === 'suspended' || server.status === 'suspending';
  return html`<section id="state" class="sheet state ${state.tone}" aria-live="polite">
<h1>${state.title}</h1>
<p>${state.text}${isPaused ? ` ${pauseReason(server.heldReason)}` : ''}</p>
${progressHtml(visit, scene)}
${moveHtml(visit, scene)}
<dl class="facts">
<div><dt>Place</dt><dd>${placeName(place)}</dd></div>
<div><dt>Name</dt><dd><code>${server.hostname}</code></dd></div>
</dl>
</section>`;
}

/** A job that takes so much longer than usual is worth a word. */
const longFactor = 3;

function progressHtml({ services }: Visit, { job, usualSeconds }: Scene): Html | string {
  if (job === null) return '';
  const startedAt = new Date(job.createdAt);
  const seconds = (services.now().getTime() - startedAt.getTime()) / 1_000;
  const isLate = usualSeconds !== null && seconds > longFactor * usualSeconds + 60;
  const late = 'It takes longer than usual this time. You have nothing to do: it goes on by itself.';
  const percent = job.progress?.percent;
  const bar =
    percent === undefined
      ? html`<progress max="100" aria-label="Progress"></progress>`
      : html`<progress max="100" value="${percent}" aria-label="Progress">${percent} %</progress>`;
  return html`<p>${isLate ? late : `This usually takes ${shownDuration(usualSeconds)}.`} It began ${timeHtml(startedAt)}.</p>
${bar}`;
}

const movesShownMs = 7 * 86_400_000;

/** What the last rebuild means for the customer's devices. */
function moveHtml({ server, services }: Visit, { lastMove, oldUntil }: Scene): Html | string {
  const finishedAt = lastMove?.finishedAt;
  if (!finishedAt || server.status !== 'running') return '';
  if (services.now().getTime() - finishedAt.getTime() > movesShownMs) return '';
  if (lastMove.state === 'failed') {
    return html`<p class="flash refused">The last rebuild did not succeed (${timeHtml(finishedAt)}). Your server works as before, and you need not reconnect.</p>`;
  }
  const until = oldUntil === null ? '' : html` The old one goes at ${timeHtml(oldUntil)}.`;
  const advice =
    services.config.dns === 'none'
      ? 'It has a new address, so get the new config below for each device, and replace the old one.'
      : 'Reconnect: on each device, switch the VPN off and on once. The configs stay the same.';
  return html`<p class="flash done" id="reconnect"><strong>Your server was rebuilt (${timeHtml(finishedAt)}).</strong> ${advice}${until}</p>`;
}

const countries = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });

/** Such as `Amsterdam, Netherlands`. */
export function placeName({ city, country }: Location): string {
  return /^[A-Z]{2}$/.test(country) ? `${city}, ${countries.of(country) ?? country}` : city;
}
