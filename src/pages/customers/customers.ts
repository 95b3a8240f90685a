import type { PageOf, Server, Subscription, SubscriptionInFull } from '#src/cli/api/bodies.ts';
import { smallestUnits } from '#src/cli/print/texts.ts';
import { empty } from '#src/html/empty.ts';
import { filterForm, textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { facts } from '#src/html/table.ts';
import type { Page, View, Visit } from '#src/pages/page.ts';
import { customersPath, serversPath, subscriptionsPath } from '#src/pages/paths.ts';
import { serversTable } from '#src/pages/servers/servers.ts';
import { subscriptionsTable } from '#src/pages/subscriptions/subscriptions.ts';

/** A customer has few servers; more are on the page of servers. */
const mostShown = '20';

/** Everything that one customer has and has paid. */
export const customersPage: Page = {
  path: customersPath,
  nav: 'Customers',
  show: async (visit) => {
    const customer = visit.asked('customer');
    const form = filterForm(customersPath, [textInput('Customer', { name: 'customer', value: customer })]);
    if (customer === '') {
      const next = 'Give the shop’s identifier, such as an e-mail address. Its case and its accents do not matter.';
      return { title: 'Customers', body: html`${form}${empty('No customer is chosen.', next)}` };
    }
    const { title, body } = await customerView(visit, customer);
    return { title, body: html`${form}${body}` };
  },
};

async function customerView({ api }: Visit, customer: string): Promise<View> {
  const query = { customer, limit: mostShown };
  const [servers, subscriptions] = await Promise.all([
    api.call<PageOf<Server>>('GET /v1/servers', { query }),
    api.call<PageOf<Subscription>>('GET /v1/subscriptions', { query }),
  ]);
  if (servers.items.length === 0 && subscriptions.items.length === 0) {
    const next = html`<a href="${serversPath}">Search the servers</a> by another field.`;
    return { title: customer, body: empty('This customer has never had a server or a subscription.', next) };
  }
  const full = await Promise.all(
    subscriptions.items.map(({ id }) => api.call<SubscriptionInFull>('GET /v1/subscriptions/{id}', { params: { id } })),
  );
  const body = html`${facts({ Paid: paidBy(full), Running: countRunning(servers) })}
<h2>Servers</h2>
${servers.items.length === 0 ? empty('No server.', 'One is made when a purchase is paid.') : serversTable(servers.items)}
${moreOf(servers, `${serversPath}?customer=${encodeURIComponent(customer)}`)}
<h2>Subscriptions</h2>
${subscriptions.items.length === 0 ? empty('No subscription.', 'The servers were bought by the API.') : subscriptionsTable(subscriptions.items)}
${moreOf(subscriptions, `${subscriptionsPath}?customer=${encodeURIComponent(customer)}`)}`;
  return { title: customer, body };
}

function countRunning({ items, nextCursor }: PageOf<Server>): string {
  const running = items.filter(({ status }) => status === 'running').length;
  return `${running} of ${items.length}${nextCursor === null ? '' : ' shown'}`;
}

function moreOf({ nextCursor }: PageOf<unknown>, path: string): Html | null {
  return nextCursor === null ? null : html`<p class="paging"><a href="${path}">All of them</a></p>`;
}

/** Payments less refunds, by currency; null: nothing is paid. */
function paidBy(subscriptions: readonly SubscriptionInFull[]): string | null {
  const sums = new Map<string, number>();
  for (const { currency, amount, refunded } of subscriptions.flatMap(({ payments }) => payments))
    sums.set(currency, (sums.get(currency) ?? 0) + amount - refunded);
  const texts = [...sums].map(([currency, amount]) => smallestUnits(amount, currency));
  return texts.length === 0 ? null : texts.join(', ');
}
