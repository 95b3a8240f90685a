import type { ServerInFull } from '#src/cli/api/bodies.ts';
import { money } from '#src/cli/print/texts.ts';
import { filterForm } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { problemOf } from '#src/http/problems/problem-of.ts';
import type { Preview } from '#src/http/shapes/preview.ts';
import { actionForm } from '#src/pages/action-form.ts';
import { noOffer, type Offer, offerInputs, readOffer } from '#src/pages/offer.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { rebuildPath, serverPath } from '#src/pages/paths.ts';
import { rebuildServer } from './actions.ts';

/** What a rebuild would do, and the button for it. */
export const rebuildPage: Page = {
  path: `${serverPath('')}:id/rebuild`,
  show: async (visit) => {
    const { api, params } = visit;
    const server = await api.call<ServerInFull>('GET /v1/servers/{id}', { params });
    const title = `Rebuild server ${server.id}`;
    const offer = await readOffer(api);
    const back = html`<p><a href="${serverPath(server.id)}">Back to the server</a></p>`;
    if (offer === null) return { title, body: html`${noOffer}${back}` };
    const { wanted, answer } = await chosenFor(visit, server, offer);
    const choice = choiceHtml(server, offer, wanted);
    return { title, body: html`${choice}${effectHtml(visit, server, { wanted, answer })}${back}` };
  },
};

interface Wanted {
  readonly location: string;
  readonly plan: string;
}

interface Chosen {
  readonly wanted: Wanted;
  /** What the API says that the rebuild would do, or why it is refused. */
  readonly answer: Preview | Problem;
}

/** What the user asks for. Who names no plan gets the cheapest one there, if the cloud does not sell the server's own. */
async function chosenFor(visit: Visit, server: ServerInFull, { plans }: Offer): Promise<Chosen> {
  const location = visit.asked('location') || server.location;
  const wanted = { location, plan: visit.asked('plan') || server.plan };
  const answer = await previewOf(visit, server, wanted);
  const isUnsold = answer instanceof Problem && answer.kind === 'not-offered';
  const [cheapest] = plans
    .filter(({ locations }) => locations.includes(location))
    .toSorted((one, other) => one.monthlyCost - other.monthlyCost);
  if (!isUnsold || visit.asked('plan') !== '' || cheapest === undefined) return { wanted, answer };
  const other = { location, plan: cheapest.id };
  return { wanted: other, answer: await previewOf(visit, server, other) };
}

function previewOf({ api }: Visit, server: ServerInFull, wanted: Wanted): Promise<Preview | Problem> {
  const call = { params: { id: server.id }, query: { plan: 'true' }, body: changesIn(server, wanted) };
  return api.call<Preview>(rebuildServer.route, call).catch(problemOf);
}

function changesIn({ location, plan }: ServerInFull, wanted: Wanted): Partial<Wanted> {
  return {
    ...(wanted.location !== location && { location: wanted.location }),
    ...(wanted.plan !== plan && { plan: wanted.plan }),
  };
}

function choiceHtml({ id }: ServerInFull, offer: Offer, wanted: Wanted): Html {
  return filterForm(rebuildPath(id), offerInputs(offer, wanted));
}

/** What the rebuild would do, and the button for it; why it is refused, if it is. */
function effectHtml(visit: Visit, server: ServerInFull, { wanted, answer }: Chosen): Html {
  const { id, monthlyCost } = server;
  if (answer instanceof Problem) return html`<p class="flash refused" role="alert">${answer.message}</p>`;
  const { summary, makes, removes } = answer.would;
  const made = makes.map(
    (one) => html`<li>Makes a machine ${one.plan} in ${one.location}${costText(one.monthlyCost)}.</li>`,
  );
  const removed = removes.map((one) => html`<li>Removes ${one.name} in ${one.location} a few minutes later.</li>`);
  const before = monthlyCost === null ? null : html`<p>Now it costs ${money(monthlyCost)} a month.</p>`;
  return html`<section class="sheet" aria-labelledby="effect"><h2 id="effect">What will happen</h2>
<p>${summary}</p><ul>${made}${removed}<li>The old machine serves until the new one answers. All devices keep their config.</li></ul>
${before}${actionForm(visit, rebuildServer, { label: 'Rebuild now', params: { id }, hidden: changesIn(server, wanted) })}</section>`;
}

function costText(cost: Parameters<typeof money>[0]): string {
  return cost === null ? '' : `, for ${money(cost)} a month`;
}
