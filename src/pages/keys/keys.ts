import { scopes } from '#db/keys.ts';
import type { Key, PageOf } from '#src/cli/api/bodies.ts';
import { badge } from '#src/html/badge.ts';
import { empty } from '#src/html/empty.ts';
import { select, textInput } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import { table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { roles } from '#src/keys/presets.ts';
import { actionForm } from '#src/pages/action-form.ts';
import { olderLinks } from '#src/pages/older.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { customerPath, keysPath } from '#src/pages/paths.ts';
import { makeKey, revokeKey, rotateKey } from './actions.ts';

export const keysPage: Page = {
  path: keysPath,
  nav: 'Keys',
  scope: 'keys:write',
  show: async (visit) => {
    const query = { cursor: visit.asked('cursor') };
    const { items, nextCursor } = await visit.api.call<PageOf<Key>>('GET /v1/keys', { query });
    const list =
      items.length > 0
        ? keysTable(visit, items)
        : empty('There are no keys.', 'The tokens of API_TOKENS work beside them. Make a key for each caller.');
    return { title: 'Keys', body: html`${list}${olderLinks(visit, nextCursor)}${makeForm(visit)}` };
  },
};

function keysTable(visit: Visit, keys: readonly Key[]): Html {
  const now = new Date().toISOString();
  return table('Keys', keys, {
    Name: ({ name }) => name,
    State: (key) => stateBadge(key, now),
    Ends: ({ last4 }) => `…${last4}`,
    Scopes: (key) => html`<details><summary>${key.scopes.length} scopes</summary>${key.scopes.join(', ')}</details>`,
    Customer: ({ customer }) => customer && html`<a href="${customerPath(customer)}">${customer}</a>`,
    'Made by': ({ createdBy }) => createdBy,
    Expires: ({ expiresAt }) => time(expiresAt),
    Used: ({ usedAt }) => time(usedAt),
    Commands: (key) => (key.revokedAt === null ? commandsOf(visit, key) : null),
  });
}

function stateBadge({ revokedAt, expiresAt }: Key, now: string): Html {
  if (revokedAt !== null) return badge('revoked', 'calm');
  return expiresAt !== null && expiresAt <= now ? badge('expired', 'warn') : badge('valid', 'good');
}

function commandsOf(visit: Visit, { id, name }: Key): Html {
  const form = { params: { id }, hidden: { name } };
  const rotate = actionForm(visit, rotateKey, { ...form, label: 'Rotate', look: 'plain' });
  const revoke = actionForm(visit, revokeKey, { ...form, label: 'Revoke', look: 'danger' });
  return html`<div class="acts">${rotate}${revoke}</div>`;
}

function makeForm(visit: Visit): Html {
  const presets = [...roles.map((role) => ({ value: role, text: role })), { value: '', text: 'the scopes beside' }];
  const inputs = [
    textInput('Name', { name: 'name', value: '', required: true }),
    select('Preset', { name: 'preset', choices: presets, chosen: 'viewer' }),
    textInput('Scopes, without a preset', { name: 'scopes', value: '' }),
    textInput('Only for this customer', { name: 'customer', value: '' }),
    textInput('Expires, such as 2027-01-31', { name: 'expires', value: '' }),
  ];
  return html`<h2>Make a key</h2>
${actionForm(visit, makeKey, { label: 'Make the key', inputs })}
<p class="hint">The scopes are ${scopes.join(', ')}. docs/keys.md says what each allows.</p>`;
}
