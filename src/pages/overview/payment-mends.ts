import type { Alert, SubscriptionInFull } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { actionForm } from '#src/pages/action-form.ts';
import { ifFound } from '#src/pages/if-found.ts';
import { retryLastHtml } from '#src/pages/jobs/retry-last.ts';
import type { Visit } from '#src/pages/page.ts';
import { subscriptionPath } from '#src/pages/paths.ts';
import { releaseSubscription, syncSubscription } from '#src/pages/subscriptions/actions.ts';

type Hold = NonNullable<SubscriptionInFull['hold']>;
type HoldMend = (visit: Visit, found: SubscriptionInFull) => Html | null | Promise<Html | null>;

/** The first click of each hold. Which plan and location it gets instead is decided on the page of the subscription. */
const holdMends: Readonly<Record<Hold, HoldMend>> = {
  'unknown-plan': decideLink,
  'unknown-location': decideLink,
  quantity: decideLink,
  'sold-out': decideLink,
  'has-server': decideLink,
  'plan-unchanged': (visit, { server }) => (server === null ? null : retryLastHtml(visit, server.id)),
  'server-destroyed': replaceServer,
  absent: (visit, { id }) => actionForm(visit, syncSubscription, { label: 'Ask Stripe again', params: { id } }),
};

const show = 'GET /v1/subscriptions/{id}';

/** The button that ends the hold of the alert's subscription, and a link to the page of the subscription. */
export async function mendHeldPayment(visit: Visit, { subject: id }: Alert): Promise<Html | null> {
  if (!visit.api.may(show)) return null;
  const found = await ifFound(visit.api.call<SubscriptionInFull>(show, { params: { id } }));
  if (found === null) return null;
  const { hold } = found;
  return html`${hold && (await holdMends[hold](visit, found))}${subscriptionLink(id)}`;
}

/** Links to both subscriptions of the alert. */
export function linkBoth({ api }: Visit, { subject }: Alert): Html | null {
  if (!api.may(show)) return null;
  const ids = subject.split('+').filter((id) => id.startsWith('sub_'));
  return html`${ids.map(subscriptionLink)}`;
}

function subscriptionLink(id: string): Html {
  return html`<a class="button plain" href="${subscriptionPath(id)}">Open ${id}</a>`;
}

function decideLink({ api }: Visit, { id }: SubscriptionInFull): Html | null {
  if (!api.may(releaseSubscription.route)) return null;
  return html`<a class="button" href="${subscriptionPath(id)}#release">Choose plan and location…</a>`;
}

/** With the plan and the location that it has; the page of the subscription has others. */
function replaceServer(visit: Visit, found: SubscriptionInFull): Html | null {
  const { id, plan, location } = found;
  if (plan === null || location === null) return decideLink(visit, found);
  const label = `Make another server: ${plan} in ${location}`;
  return actionForm(visit, releaseSubscription, { label, params: { id }, hidden: { plan, location } });
}
