import type { Items, Location, Plan, ServerInFull } from '#src/cli/api/bodies.ts';
import { money } from '#src/cli/print/texts.ts';
import { empty } from '#src/html/empty.ts';
import { filterForm, select } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { problemOf } from '#src/http/problems/problem-of.ts';
import type { Preview } from '#src/http/shapes/preview.ts';
import { actionForm } from '#src/pages/action-form.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { serverPath } from '#src/pages/paths.ts';
import { rebuildServer } from './actions.ts';

/** What a rebuild would do, and the button for it. */
export const rebuildPage: Page = {
  path: `${serverPath('')}:id/rebuild`,
  show: async (visit) => {
    const { api, params } = visit;
    const server = await api.call<ServerInFull>('GET /v1/servers/{id}', { params });
    const title = `Rebuild server ${server.id}`;
    const offer = await Promise.all([
      api.call<Items<Location>>('GET /v1/locations'),
      api.call<Items<Plan>>('GET /v1/plans'),
    ]).catch(() => null);
    const back = html`<p><a href="${serverPath(server.id)}">Back to the server</a></p>`;
    if (offer === null)
      return {
        title,
        body: html`${empty('The catalogue is not known yet.', 'A worker reads it from the cloud within a minute.')}${back}`,
      };
    const [locations, plans] = [offer[0].items, offer[1].items];
    const wanted = { location: visit.asked('location') || server.location, plan: visit.asked('plan') || server.plan };
    const choice = choiceHtml(server, { locations, plans, wanted });
    return { title, body: html`${choice}${await effectHtml(visit, server, wanted)}${back}` };
  },
};

interface Wanted {
  readonly location: string;
  readonly plan: string;
}

function choiceHtml(
  { id }: ServerInFull,
  { locations, plans, wanted }: { locations: readonly Location[]; plans: readonly Plan[]; wanted: Wanted },
): Html {
  const ofLocation = ({ id, city, country }: Location) => ({ value: id, text: `${id} (${city}, ${country})` });
  const ofPlan = (plan: Plan) => ({ value: plan.id, text: `${plan.id}, ${priceOf(plan)}` });
  return filterForm(`${serverPath(id)}/rebuild`, [
    select('Location', { name: 'location', choices: locations.map(ofLocation), chosen: wanted.location }),
    select('Plan', { name: 'plan', choices: plans.map(ofPlan), chosen: wanted.plan }),
  ]);
}

function priceOf({ monthlyCost: amount, currency }: Plan): string {
  return `${money({ amount, currency })} a month`;
}

/** What the API says that the rebuild would do, and the button for it; why it is refused, if it is. */
async function effectHtml(visit: Visit, server: ServerInFull, wanted: Wanted): Promise<Html> {
  const { id, location, plan, monthlyCost } = server;
  const body = {
    ...(wanted.location !== location && { location: wanted.location }),
    ...(wanted.plan !== plan && { plan: wanted.plan }),
  };
  const asked = visit.api.call<Preview>(rebuildServer.route, { params: { id }, query: { plan: 'true' }, body });
  const answer = await asked.catch((error: unknown) => problemOf(error));
  if (answer instanceof Problem) return html`<p class="flash refused" role="alert">${answer.message}</p>`;
  const { summary, makes, removes } = answer.would;
  const made = makes.map(
    (one) => html`<li>Makes a machine ${one.plan} in ${one.location}${costText(one.monthlyCost)}.</li>`,
  );
  const removed = removes.map((one) => html`<li>Removes ${one.name} in ${one.location} a few minutes later.</li>`);
  const before = monthlyCost === null ? null : html`<p>Now it costs ${money(monthlyCost)} a month.</p>`;
  return html`<section class="sheet" aria-labelledby="effect"><h2 id="effect">What will happen</h2>
<p>${summary}</p><ul>${made}${removed}<li>The old machine serves until the new one answers. All devices keep their config.</li></ul>
${before}${actionForm(visit, rebuildServer, { label: 'Rebuild now', params: { id }, hidden: body })}</section>`;
}

function costText(cost: Parameters<typeof money>[0]): string {
  return cost === null ? '' : `, for ${money(cost)} a month`;
}
