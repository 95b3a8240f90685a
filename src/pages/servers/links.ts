import { type LinkRight, linkRights } from '#db/links.ts';
import type { Items, Link, ServerInFull } from '#src/cli/api/bodies.ts';
import { checkbox, select } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { copiedText } from '#src/html/id-link.ts';
import { table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { actionForm } from '#src/pages/action-form.ts';
import type { RouteName } from '#src/pages/api/page-api.ts';
import type { Visit } from '#src/pages/page.ts';
import { makeLink, revokeLink } from './link-actions.ts';

/** More would make the page too large. */
const mostShown = 20;

/** The links to the customer's page that work, and the form that makes one; null: there are none, nor a form. */
export async function linksHtml(visit: Visit, { id, status }: ServerInFull): Promise<Html | null> {
  const { items } = await visit.api.call<Items<Link>>('GET /v1/servers/{id}/links', { params: { id } });
  const form = status === 'destroyed' ? null : makeForm(visit, id);
  if (items.length === 0 && form === null) return null;
  const newest = items.toReversed().slice(0, mostShown);
  const older = items.length - newest.length;
  return html`<h2 id="links">Links for the customer</h2>
${newest.length === 0 ? html`<p>No link works now.</p>` : linksTable(visit, newest)}
${older > 0 ? html`<p>And ${older} older ones.</p>` : null}${form}`;
}

function linksTable(visit: Visit, links: readonly Link[]): Html {
  return table('Links', links, {
    Link: ({ id }) => copiedText(id),
    'Its holder may': ({ may }) => may.join(', '),
    Made: ({ createdAt, createdBy }) => html`${time(createdAt)} by ${createdBy}`,
    Expires: ({ expiresAt }) => time(expiresAt),
    Command: ({ id: link, serverId: id }) =>
      actionForm(visit, revokeLink, { label: 'Revoke', params: { id, link }, look: 'plain' }),
  });
}

const rightTexts: Readonly<Record<LinkRight, string>> = {
  view: 'see the server',
  vpn: 'get the VPN',
  rebuild: 'rebuild it',
  schedule: 'change its schedule',
  billing: 'open its subscription at Stripe',
};

/** A session that may not use the route cannot give the right. */
const routesOfRights: Readonly<Partial<Record<LinkRight, RouteName>>> = {
  vpn: 'GET /v1/servers/{id}/vpn.conf',
  billing: 'POST /v1/subscriptions/{id}/portal',
};

const times = [
  { value: '1h', text: 'an hour' },
  { value: '24h', text: 'a day' },
  { value: '7d', text: '7 days' },
  { value: '30d', text: '30 days' },
];

function makeForm(visit: Visit, id: string): Html | null {
  const { api } = visit;
  const mayGive = (right: LinkRight) => {
    const route = routesOfRights[right];
    return right !== 'view' && (route === undefined || api.may(route));
  };
  const rights = linkRights.filter(mayGive).map((right) => checkbox(rightTexts[right], { name: right, value: 'yes' }));
  const inputs = [...rights, select('It works for', { name: 'expires', choices: times, chosen: '7d' })];
  const form = actionForm(visit, makeLink, { label: 'Make the link', params: { id }, inputs });
  return (
    form &&
    html`<details><summary>Make a link…</summary><p>Whoever has the link sees the server, without an account, and may do what you choose here. Send it to the customer only.</p>${form}</details>`
  );
}
