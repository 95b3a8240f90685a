import type { SubscriptionInFull } from '#src/cli/api/bodies.ts';
import { smallestUnits } from '#src/cli/print/texts.ts';
import { empty } from '#src/html/empty.ts';
import { type Html, html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { facts, table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { actionForm } from '#src/pages/action-form.ts';
import { noOffer, offerInputs, readOffer } from '#src/pages/offer.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { customerPath, serverPath, subscriptionPath, subscriptionsPath } from '#src/pages/paths.ts';
import { serverBadge, standingBadge } from '#src/pages/tones.ts';
import { releaseSubscription, syncSubscription } from './actions.ts';

export const subscriptionPage: Page = {
  path: `${subscriptionsPath}/:id`,
  show: async (visit) => {
    const found = await visit.api.call<SubscriptionInFull>('GET /v1/subscriptions/{id}', { params: visit.params });
    const body = html`${liveFacts(found)}${await buttonsOf(visit, found)}
<h2>Payments</h2>
${paymentsOf(found)}`;
    return { title: `Subscription ${found.id}`, body };
  },
};

/** What Stripe and the workers change is shown again and again. */
function liveFacts(found: SubscriptionInFull): Html {
  return html`<section id="state" aria-label="The subscription" hx-get="${subscriptionPath(found.id)}" hx-trigger="every 5s" hx-select="#state" hx-target="#state" hx-swap="outerMorph">${factsOf(found)}</section>`;
}

function factsOf(found: SubscriptionInFull): Html {
  const { customer, reference, stripeCustomer, status, standing, reason, hold, doubleOf, server } = found;
  return facts({
    Standing: html`${standingBadge(standing)} ${reason}`,
    'At Stripe': status,
    ...(hold !== null && { Held: html`${hold}, since ${time(found.holdSince)}` }),
    ...(doubleOf !== null && { 'Double of': idLink(doubleOf, subscriptionPath(doubleOf)) }),
    Customer: html`<a href="${customerPath(customer)}">${customer}</a>`,
    'Customer at Stripe': stripeCustomer,
    Reference: reference,
    Server: server && html`${idLink(server.id, serverPath(server.id))} ${serverBadge(server.status)}`,
    Plan: found.plan,
    Location: found.location,
    'Paid until': time(found.periodEnd),
    'Ends at': time(found.endsAt),
    'Open invoice': found.openInvoice && html`${found.openInvoice}, since ${time(found.openSince)}`,
    Refunded: time(found.refundedAt),
    Dispute: found.dispute,
    'Stripe was asked': time(found.syncedAt),
    'Asked again': time(found.changesAt),
  });
}

async function buttonsOf(visit: Visit, { id, hold, plan, location }: SubscriptionInFull): Promise<Html> {
  const params = { id };
  const sync = actionForm(visit, syncSubscription, { label: 'Ask Stripe now', params, look: 'plain' });
  if (hold === null || !visit.api.may(releaseSubscription.route)) return html`<div class="acts">${sync}</div>`;
  const offer = await readOffer(visit.api);
  if (offer === null) return html`<div class="acts">${sync}</div>${noOffer}`;
  const inputs = offerInputs(offer, { plan: plan ?? '', location: location ?? '' });
  const release = actionForm(visit, releaseSubscription, { label: 'Release with this plan', params, inputs });
  return html`<div class="acts" id="release">${sync}${release}</div>`;
}

function paymentsOf({ payments }: SubscriptionInFull): Html {
  if (payments.length === 0) return empty('Nothing is paid yet.', 'A payment appears within seconds of its receipt.');
  return table('Payments', payments, {
    Paid: ({ paidAt }) => time(paidAt),
    Amount: ({ amount, currency }) => smallestUnits(amount, currency),
    Refunded: ({ refunded, currency }) => (refunded === 0 ? null : smallestUnits(refunded, currency)),
    Disputed: ({ disputed, currency }) => (disputed === 0 ? null : smallestUnits(disputed, currency)),
    From: ({ periodStart }) => time(periodStart),
    Until: ({ periodEnd }) => time(periodEnd),
    Invoice: ({ invoice }) => invoice,
  });
}
