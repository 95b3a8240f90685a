import type { Plan, Settings } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { facts, table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import type { PageApi } from '#src/pages/api/page-api.ts';
import { locationText, noOffer, readOffer } from '#src/pages/offer.ts';
import type { Page } from '#src/pages/page.ts';
import { settingsPath } from '#src/pages/paths.ts';

/** How the API is set up. Nothing can be changed here. */
export const settingsPage: Page = {
  path: settingsPath,
  nav: 'Settings',
  scope: 'audit:read',
  show: async ({ api }) => {
    const { version, node, now, databaseTime, machineTime, settings } = await api.call<Settings>('GET /v1/settings');
    const body = html`<p>Change a variable where the processes are started. docs/configuration.md has all of them.</p>
${facts({
  Version: version,
  Node: node,
  'Clock of the service': time(now),
  'Clock of the database': time(databaseTime),
  'Clock of this machine': time(machineTime),
})}
<h2>Variables of the API</h2>
${settingsTable(settings)}
${await catalogueOf(api)}`;
    return { title: 'Settings', body };
  },
};

function settingsTable(settings: Settings['settings']): Html {
  return table('Variables of the API', settings, {
    Name: ({ name, about }) => html`<span title="${about}">${name}</span>`,
    Value: ({ value, isSecret, source }) => (isSecret && source === 'set' ? 'a secret' : value),
    From: ({ source }) => source,
  });
}

/** null: the session may not see it. */
async function catalogueOf(api: PageApi): Promise<Html | null> {
  if (!api.may('GET /v1/locations')) return null;
  const offer = await readOffer(api);
  const shown = offer
    ? html`<p>Locations: ${offer.locations.map(locationText).join(', ')}.</p>${plansTable(offer.plans)}`
    : noOffer;
  return html`<h2>Catalogue</h2>${shown}`;
}

function plansTable(plans: readonly Plan[]): Html {
  return table('Plans', plans, {
    Plan: ({ id }) => id,
    CPUs: ({ cpus }) => cpus,
    'Memory, MB': ({ memoryMb }) => memoryMb,
    'A month': ({ monthlyCost, currency }) => `${monthlyCost} ${currency}`,
    'In stock at': ({ locations }) => locations.join(', '),
  });
}
