import { html } from '#src/html/html.ts';
import { readScene } from './scene.ts';
import { doneMessage } from './texts.ts';
import { devicesSection } from './view/devices.ts';
import type { CustomerPage } from './view/document.ts';
import { rebuildSection } from './view/rebuild.ts';
import { billingSection, footer } from './view/rest.ts';
import { scheduleSection } from './view/schedule.ts';
import { stateSection } from './view/state.ts';
import type { Visit } from './visit.ts';

interface Shown {
  /** What was done by the form before; null: nothing. */
  readonly done?: string | null;
  /** Why a form was refused. */
  readonly refused?: string;
}

/** The customer's page with the sections that the link may see. */
export async function customerPage(visit: Visit, { done = null, refused }: Shown = {}): Promise<CustomerPage> {
  const scene = await readScene(visit);
  const message = doneMessage(done);
  return {
    title: scene.state.title,
    refreshSeconds: scene.isBusy && refused === undefined ? refreshSeconds : null,
    body: html`<main id="main">
${refused === undefined ? '' : html`<p class="flash refused" role="alert">${refused}</p>`}
${message === null ? '' : html`<p class="flash done" role="status">${message}</p>`}
${stateSection(visit, scene)}
${devicesSection(visit, scene)}
${rebuildSection(visit, scene)}
${scheduleSection(visit, scene)}
${billingSection(visit)}
</main>
${footer(visit)}`,
  };
}

/** Without scripts the whole page is loaded again. */
const refreshSeconds = 10;
