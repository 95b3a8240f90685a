import { standings } from '#db/subscriptions.ts';
import type { PageOf, Subscription } from '#src/cli/api/bodies.ts';
import { empty } from '#src/html/empty.ts';
import { filterForm, select, textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { olderLinks } from '#src/pages/older.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { customerPath, subscriptionPath, subscriptionsPath } from '#src/pages/paths.ts';
import { standingBadge } from '#src/pages/tones.ts';

export const subscriptionsPage: Page = {
  path: subscriptionsPath,
  nav: 'Subscriptions',
  show: async (visit) => {
    const { api, asked } = visit;
    const filter = { customer: asked('customer'), standing: asked('standing') };
    const query = { ...filter, cursor: asked('cursor') };
    const { items, nextCursor } = await api.call<PageOf<Subscription>>('GET /v1/subscriptions', { query });
    const isFiltered = Object.values(filter).some((value) => value !== '');
    const list = items.length > 0 ? subscriptionsTable(items) : noSubscriptions(isFiltered);
    return { title: 'Subscriptions', body: html`${filterOf(visit)}${list}${olderLinks(visit, nextCursor)}` };
  },
};

function filterOf({ asked }: Visit): Html {
  const choices = ['', ...standings].map((value) => ({ value, text: value === '' ? 'any' : value }));
  return filterForm(subscriptionsPath, [
    textInput('Customer', { name: 'customer', value: asked('customer') }),
    select('Standing', { name: 'standing', choices, chosen: asked('standing') }),
  ]);
}

export function subscriptionsTable(subscriptions: readonly Subscription[]): Html {
  return table('Subscriptions', subscriptions, {
    Subscription: ({ id }) => idLink(id, subscriptionPath(id)),
    Standing: ({ standing }) => standingBadge(standing),
    Why: ({ reason, hold }) => (hold === null ? reason : `${reason}, held: ${hold}`),
    Customer: ({ customer }) => html`<a href="${customerPath(customer)}">${customer}</a>`,
    Plan: ({ plan, location }) => [plan, location].filter((part) => part !== null).join(' in '),
    Since: ({ since }) => time(since),
    'Paid until': ({ periodEnd }) => time(periodEnd),
  });
}

function noSubscriptions(isFiltered: boolean): Html {
  return isFiltered
    ? empty('No subscription is like this.', html`<a href="${subscriptionsPath}">Show all subscriptions</a>`)
    : empty('There are no subscriptions.', 'They appear when a customer pays at Stripe. docs/payments.md tells how.');
}
