import type { ServerInFull } from '#src/cli/api/bodies.ts';
import { money } from '#src/cli/print/texts.ts';
import { filterForm } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { actionForm } from '#src/pages/action-form.ts';
import { noOffer, type Offer, offerInputs, readOffer } from '#src/pages/offer.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { commandPath } from '#src/pages/paths.ts';
import { rebuildServer } from './actions.ts';
import { backHtml, type Effect, effectHtml, previewOf } from './effect.ts';

/** What a rebuild would do, and the button for it. */
export const rebuildPage: Page = {
  path: commandPath(':id', 'rebuild'),
  show: async (visit) => {
    const { api, params } = visit;
    const server = await api.call<ServerInFull>('GET /v1/servers/{id}', { params });
    const title = `Rebuild server ${server.id}`;
    const offer = await readOffer(api);
    if (offer === null) return { title, body: html`${noOffer}${backHtml(server)}` };
    const chosen = await chosenFor(visit, server, offer);
    const choice = choiceHtml(server, offer, chosen.wanted);
    return { title, body: html`${choice}${rebuildHtml(visit, server, chosen)}${backHtml(server)}` };
  },
};

interface Wanted {
  readonly location: string;
  readonly plan: string;
}

interface Chosen {
  readonly wanted: Wanted;
  readonly effect: Effect;
}

/** What the user asks for. Who names no plan gets the cheapest one there, if the cloud does not sell the server's own. */
async function chosenFor(visit: Visit, server: ServerInFull, { plans }: Offer): Promise<Chosen> {
  const location = visit.asked('location') || server.location;
  const wanted = { location, plan: visit.asked('plan') || server.plan };
  const effect = await previewFor(visit, server, wanted);
  const isUnsold = effect instanceof Problem && effect.kind === 'not-offered';
  const [cheapest] = plans
    .filter(({ locations }) => locations.includes(location))
    .toSorted((one, other) => one.monthlyCost - other.monthlyCost);
  if (!isUnsold || visit.asked('plan') !== '' || cheapest === undefined) return { wanted, effect };
  const other = { location, plan: cheapest.id };
  return { wanted: other, effect: await previewFor(visit, server, other) };
}

function previewFor(visit: Visit, server: ServerInFull, wanted: Wanted): Promise<Effect> {
  return previewOf(visit, rebuildServer, { id: server.id, body: changesIn(server, wanted) });
}

function changesIn({ location, plan }: ServerInFull, wanted: Wanted): Partial<Wanted> {
  return {
    ...(wanted.location !== location && { location: wanted.location }),
    ...(wanted.plan !== plan && { plan: wanted.plan }),
  };
}

function choiceHtml({ id }: ServerInFull, offer: Offer, wanted: Wanted): Html {
  return filterForm(commandPath(id, 'rebuild'), offerInputs(offer, wanted));
}

/** What the rebuild would do, and the button for it. */
function rebuildHtml(visit: Visit, server: ServerInFull, { wanted, effect }: Chosen): Html {
  const { id, monthlyCost } = server;
  const facts = [
    html`The old machine serves until the new one answers. All devices keep their config.`,
    ...(monthlyCost === null ? [] : [html`Now it costs ${money(monthlyCost)} a month.`]),
  ];
  const form = { label: 'Rebuild now', params: { id }, hidden: changesIn(server, wanted) };
  return effectHtml({ effect, removal: ' a few minutes later', facts, form: actionForm(visit, rebuildServer, form) });
}
