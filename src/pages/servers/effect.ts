import type { ServerInFull } from '#src/cli/api/bodies.ts';
import { money } from '#src/cli/print/texts.ts';
import { type Html, html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { problemOf } from '#src/http/problems/problem-of.ts';
import type { Preview } from '#src/http/shapes/preview.ts';
import type { Action, Visit } from '#src/pages/page.ts';
import { jobPath, serverPath } from '#src/pages/paths.ts';

/** The API's preview of a command, or its refusal. */
export type Effect = Preview | Problem;

/** Asks the API what the action would do. Nothing changes. */
export function previewOf({ api }: Visit, { route }: Action, call: { id: string; body: object }): Promise<Effect> {
  const { id, body } = call;
  return api.call<Preview>(route, { params: { id }, query: { plan: 'true' }, body }).catch(problemOf);
}

interface Command {
  readonly effect: Effect;
  /** When a removed machine goes, to end the sentence. */
  readonly removal: string;
  /** More effects, which the preview does not list. */
  readonly facts: readonly Html[];
  /** Asks for it; null: the session may not. */
  readonly form: Html | null;
}

/** What will happen, and the form that asks for it; why it is refused, if it is. */
export function effectHtml({ effect, removal, facts, form }: Command): Html {
  if (effect instanceof Problem) return html`<p class="flash refused" role="alert">${effect.message}</p>`;
  const { summary, makes, removes, cancels } = effect.would;
  const lines = [
    ...makes.map((one) => html`Makes a machine ${one.plan} in ${one.location}${costText(one.monthlyCost)}.`),
    ...removes.map(({ name, location }) => html`Removes ${name} in ${location}${removal}.`),
    ...cancels.map((id) => html`Cancels job ${idLink(id, jobPath(id))}.`),
    ...facts,
  ];
  return html`<section class="sheet" aria-labelledby="effect"><h2 id="effect">What will happen</h2>
<p>${summary}</p><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>
${form}</section>`;
}

function costText(cost: Parameters<typeof money>[0]): string {
  return cost === null ? '' : `, for ${money(cost)} a month`;
}

/** The way back to the page of the server. */
export function backHtml({ id }: ServerInFull): Html {
  return html`<p><a href="${serverPath(id)}">Back to the server</a></p>`;
}
