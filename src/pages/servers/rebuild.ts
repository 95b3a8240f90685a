import type { Items, Location, Plan, ServerInFull } from '#src/cli/api/bodies.ts';
import { money } from '#src/cli/print/texts.ts';
import { empty } from '#src/html/empty.ts';
import { filterForm, select } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
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
    return { title, body: html`${choice}${effectHtml(visit, server, { wanted, plans })}${back}` };
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

function effectHtml(
  visit: Visit,
  { id, location, plan, monthlyCost }: ServerInFull,
  { wanted, plans }: { wanted: Wanted; plans: readonly Plan[] },
): Html {
  const chosen = plans.find(({ id }) => id === wanted.plan);
  const sells = chosen?.locations.includes(wanted.location) ?? false;
  const hidden = {
    ...(wanted.location !== location && { location: wanted.location }),
    ...(wanted.plan !== plan && { plan: wanted.plan }),
  };
  const before = monthlyCost === null ? '' : ` Now it costs ${money(monthlyCost)}.`;
  return html`<section class="sheet" aria-labelledby="effect"><h2 id="effect">What will happen</h2>
<ol>
<li>A new machine with the plan ${wanted.plan} is made in ${wanted.location}. The old one serves until it answers.</li>
<li>The name of the server leads to the new machine; all devices keep their config.</li>
<li>The old machine is removed a few minutes later.</li>
</ol>
<p>${chosen ? `It costs ${priceOf(chosen)}.${before}` : 'The cloud does not sell this plan any more.'}</p>
${sells ? null : html`<p class="flash refused">The plan ${wanted.plan} is not to be had in ${wanted.location} now.</p>`}
${sells ? actionForm(visit, rebuildServer, { label: 'Rebuild now', params: { id }, hidden }) : null}</section>`;
}
