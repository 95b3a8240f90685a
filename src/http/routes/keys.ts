import { z } from 'zod';
import { KeyNameTakenError, NotFoundError } from '#db/errors.ts';
import type { Scope } from '#db/keys.ts';
import { actorOf } from '#src/http/commands/idempotency.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';
import { id } from '#src/http/shapes/fields.ts';
import { keyOrder, keyShape, madeKey, scopesOf, showKey } from '#src/http/shapes/key.ts';
import { idKey, page, pageQuery, readPage } from '#src/http/shapes/paging.ts';
import { type Caller, mayUse } from '#src/keys/caller.ts';
import { newSecret, secretDigest } from '#src/keys/secret.ts';

const access = 'keys:write';
const keyParams = z.strictObject({ id: id.meta({ description: 'The id of a key.' }) });

const list = route({
  method: 'get',
  path: '/v1/keys',
  access,
  summary: 'List the keys, newest first',
  description: 'Also those that are revoked or expired. Without their secrets, of which only the SHA-256 is stored.',
  query: z.strictObject(pageQuery),
  answers: { 200: { description: 'A page of keys', body: page(keyShape) } },
  handle: async ({ query }, { store }) => {
    const { rows, nextCursor } = await readPage(query, {
      name: 'keys',
      key: idKey,
      read: (after, limit) => store.readKeys({ after, limit }),
      keyOf: (key) => key.id,
    });
    return reply(200, { items: rows.map(showKey), nextCursor });
  },
});

const make = route({
  method: 'post',
  path: '/v1/keys',
  access,
  summary: 'Make a key',
  description:
    'Its secret is shown in this answer and never again. A caller gives only scopes that it has. A repeated call gets 409: if the answer was lost, rotate the key.',
  body: keyOrder,
  answers: { 201: { description: 'The key is valid', body: madeKey } },
  problems: ['name-taken', 'database-busy', 'disk-full'],
  handle: async (call, { store, keys, config, now }) => {
    const at = now();
    const { name, customer = null, expiresAt = null } = call.body;
    const scopes = scopesOf(call.body);
    assertMayGive(call.key, scopes);
    if (expiresAt !== null && expiresAt <= at) throw inThePast();
    if (config.tokens.some((token) => token.name === name)) throw new KeyNameTakenError(name);
    const secret = newSecret();
    const key = await store.recordKey({ name, scopes, customer, expiresAt, ...markOf(secret) }, actorOf(call, at));
    keys.forget();
    return reply(201, { ...showKey(key), secret });
  },
});

const rotate = route({
  method: 'post',
  path: '/v1/keys/{id}/rotate',
  access,
  summary: 'Give a key another secret',
  description:
    'The secret before it stays valid for the overlap, and one of an earlier rotation ends now. The new secret is shown in this answer and never again. The caller needs the scopes of the key.',
  params: keyParams,
  body: z
    .strictObject({
      overlapHours: z.number().int().min(0).max(168).default(24).meta({ description: '0: the old one ends now.' }),
    })
    .meta({ id: 'KeyRotation' }),
  answers: { 200: { description: 'The new secret is valid', body: madeKey } },
  problems: ['not-found', 'not-allowed-now', 'database-busy', 'disk-full'],
  handle: async (call, { store, keys, now }) => {
    const { id } = call.params;
    const found = await store.readKey(id);
    if (!found) throw new NotFoundError('key', id);
    assertMayGive(call.key, found.scopes);
    const at = now();
    const secret = newSecret();
    const oldUntil = new Date(at.getTime() + call.body.overlapHours * 3_600_000);
    const key = await store.rotateKey({ id, oldUntil, ...markOf(secret) }, actorOf(call, at));
    keys.forget();
    return reply(200, { ...showKey(key), secret });
  },
});

const revoke = route({
  method: 'delete',
  path: '/v1/keys/{id}',
  access,
  summary: 'Revoke a key',
  description:
    'This process refuses it from now on, and every other one within 5 seconds. The last valid key with keys:write gets 409: make another one first.',
  params: keyParams,
  answers: { 204: { description: 'Revoked', body: null } },
  problems: ['not-found', 'not-allowed-now', 'database-busy', 'disk-full'],
  handle: async (call, { store, keys, now }) => {
    await store.revokeKey(call.params.id, actorOf(call, now()));
    keys.forget();
    return reply(204, null);
  },
});

function markOf(secret: string) {
  return { digest: secretDigest(secret), last4: secret.slice(-4) };
}

/** Throws a Problem if the key would have scopes that the caller lacks. */
function assertMayGive(caller: Caller | null, scopes: readonly Scope[]): void {
  const lacked = scopes.filter((scope) => caller === null || !mayUse(caller, scope));
  if (lacked.length === 0) return;
  const detail = `Key ${caller?.name} cannot give scopes that it does not have: ${lacked.join(', ')}.`;
  throw new Problem('forbidden', detail, { members: { needed: lacked, scopes: caller?.scopes } });
}

function inThePast(): Problem {
  const errors = [{ in: 'body', pointer: '/expiresAt', detail: 'must be in the future' }];
  return new Problem('invalid-body', 'The field expiresAt must be in the future.', { members: { errors } });
}

export const keyRoutes = [list, make, rotate, revoke];
