import type { Key, MadeKey } from '#src/cli/api/bodies.ts';
import type { Action, Form } from '#src/pages/page.ts';
import { keysPath } from '#src/pages/paths.ts';

export const makeKey: Action = {
  path: '/console/keys/make',
  route: 'POST /v1/keys',
  perform: async (form, call) => {
    const made = await call<MadeKey>({ body: orderOf(form) });
    return { message: `Key ${made.name} is made. ${shownOnce(made)}`, next: keysPath };
  },
};

/** The form's fields, without those that are not given. A day of expiry ends in UTC. */
function orderOf({ field }: Form): object {
  const [preset, scopes, customer, day] = [field('preset'), field('scopes'), field('customer'), field('expires')];
  return {
    name: field('name'),
    ...(preset !== '' && { preset }),
    ...(scopes !== '' && { scopes: scopes.split(/[\s,]+/) }),
    ...(customer !== '' && { customer }),
    ...(day !== '' && { expiresAt: `${day}T23:59:59Z` }),
  };
}

export const rotateKey: Action = {
  path: '/console/keys/:id/rotate',
  route: 'POST /v1/keys/{id}/rotate',
  perform: async ({ params }, call) => {
    const made = await call<MadeKey>({ params, body: {} });
    return { message: `The old secret of ${made.name} is valid for 24 hours more. ${shownOnce(made)}`, next: keysPath };
  },
};

function shownOnce({ secret }: MadeKey): string {
  return `Its secret is shown only now: ${secret}`;
}

export const revokeKey: Action = {
  path: '/console/keys/:id/revoke',
  route: 'DELETE /v1/keys/{id}',
  perform: async ({ params, field }, call) => {
    await call<Key>({ params });
    return { message: `Key ${field('name')} is revoked. Every process refuses it within 5 seconds.`, next: keysPath };
  },
};

export const keyActions = [makeKey, rotateKey, revokeKey];
