import type { Queue, Sale, Workers } from '#src/cli/api/bodies.ts';
import { badge } from '#src/html/badge.ts';
import { textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { facts } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { actionForm } from '#src/pages/action-form.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { queuePath } from '#src/pages/paths.ts';
import { openSale, pauseQueue, resumeQueue, stopSale } from '#src/pages/switches/actions.ts';
import { countsOf, workersHtml } from './workers.ts';

/** The queue, the workers and the sale, with their switches. Only this page asks Redis. */
export const queuePage: Page = {
  path: queuePath,
  nav: 'Queue and sale',
  show: async (visit) => {
    const { api } = visit;
    const [queue, workers, sale] = await Promise.all([
      api.call<Queue>('GET /v1/queue'),
      api.call<Workers>('GET /v1/workers'),
      api.call<Sale>('GET /v1/sale'),
    ]);
    return {
      title: 'Queue and sale',
      body: html`<div id="queue" class="grid">${queueHtml(visit, queue, workers)}${saleHtml(visit, sale)}</div>
${workersHtml(workers.items)}`,
    };
  },
};

const silent = 'Redis does not answer';

function queueHtml(visit: Visit, { paused, ...change }: Queue, { items, workers, queue, ...sweep }: Workers): Html {
  const depth = queue ? `${queue.waiting} wait, ${queue.active} run, ${queue.delayed} come later` : silent;
  const state = paused === null ? silent : badge(paused ? 'paused' : 'runs', paused ? 'bad' : 'good');
  return html`<section class="sheet" aria-labelledby="jobs"><h2 id="jobs">Queue</h2>${facts({
    State: state,
    ...(paused === true && changeFacts(change)),
    Jobs: depth,
    Workers: html`<a href="${queuePath}#workers">${countsOf(items)}</a>`,
    'BullMQ workers': workers ?? silent,
    'Last sweep': time(sweep.lastSweepAt),
    ...(sweep.lastSweepError !== null && { 'Its error': sweep.lastSweepError }),
  })}${
    paused === true
      ? actionForm(visit, resumeQueue, { label: 'Resume the queue' })
      : folded(
          'Pause the queue…',
          actionForm(visit, pauseQueue, { label: 'Pause the queue', inputs: reason(), look: 'danger' }),
        )
  }</section>`;
}

function saleHtml(visit: Visit, { open, ...change }: Sale): Html {
  const stop = actionForm(visit, stopSale, { label: 'Stop the sale', inputs: reason(), look: 'danger' });
  return html`<section class="sheet" aria-labelledby="sale"><h2 id="sale">Sale</h2>${facts({
    State: badge(open ? 'open' : 'stopped', open ? 'good' : 'bad'),
    ...changeFacts(change),
  })}${open ? folded('Stop the sale…', stop) : actionForm(visit, openSale, { label: 'Open the sale' })}</section>`;
}

function changeFacts({ by, reason, changedAt }: Omit<Sale, 'open'>): Record<string, Html | string | null> {
  return { By: by, Reason: reason, Since: time(changedAt) };
}

function reason(): Html[] {
  return [textInput('Reason', { name: 'reason', value: '' })];
}

function folded(summary: string, form: Html | null): Html | null {
  return form && html`<details><summary>${summary}</summary>${form}</details>`;
}
