import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { NotFoundError } from '#db/errors.ts';
import type { Scope } from '#db/keys.ts';
import { type LinkRight, linkRights } from '#db/links.ts';
import type { LinkRow } from '#db/tables.ts';
import { actorOf, commandOf, keyAccepted } from '#src/http/commands/idempotency.ts';
import { Problem, retryAfter } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';
import { digestOfLink, linkAddress, originOf } from '#src/http/services/link-token.ts';
import { isDestroyed } from '#src/http/services/vpn-client.ts';
import { id } from '#src/http/shapes/fields.ts';
import { linkOrder, linkShape, madeLink, showLink } from '#src/http/shapes/link.ts';
import { serverParams } from '#src/http/shapes/server.ts';
import { type Caller, mayUse } from '#src/keys/caller.ts';
import { SealedError, type Sealer } from '#src/vpn/sealed.ts';

/** An operator has to restart this process. */
const keyUnknownSeconds = 60;
/** A token of 256 bits cannot be guessed. */
const tokenBytes = 32;

const make = route({
  method: 'post',
  path: '/v1/servers/{id}/link',
  access: 'servers:write',
  forCustomers: 'server',
  summary: 'Make a link to the customer’s page of a server',
  description:
    'Whoever has the link opens the page, without an account: send it to the customer only. The address is shown in this answer. A repeated call with the same Idempotency-Key shows it again for some days, or gets 410 if the link does not work any more. Without a key, a repeated call makes another link. A server has at most 100 links that work.',
  params: serverParams,
  headers: keyAccepted,
  body: linkOrder,
  answers: { 201: { description: 'The link works', body: madeLink } },
  problems: ['not-found', 'not-allowed-now', 'gone', 'key-reused', 'keys-unavailable', 'database-busy', 'disk-full'],
  handle: async (call, { store, config, linkTokens, now }) => {
    const { id: serverId } = call.params;
    const { may: asked, expiresIn } = call.body;
    assertMayGive(call.key, asked);
    const at = now();
    const token = randomBytes(tokenBytes).toString('base64url');
    const may = linkRights.filter((right) => right === 'view' || asked.includes(right));
    const wanted = { serverId, digest: digestOfLink(token), may, expiresAt: new Date(at.getTime() + expiresIn) };
    const { idempotency, answer } = commandOf(call, (link: LinkRow | null) => {
      if (link === null) throw isDestroyed(serverId);
      return { id: link.id, sealed: linkTokens.seal(link.id, Buffer.from(token)) };
    });
    const isRepeatable = call.headers['Idempotency-Key'] !== undefined;
    const command = { idempotency: isRepeatable ? idempotency : null, answer, wanted, actor: actorOf(call, at) };
    const { body, recorded } = await store.makeLink(command);
    const show = (link: LinkRow, itsToken: string) => {
      return { ...showLink(link), url: linkAddress(itsToken, originOf(config, call.request)) };
    };
    if (recorded) return reply(201, show(recorded, token));
    const { id, sealed } = storedAnswer.parse(body);
    const link = (await store.readLinks(serverId, at)).find((one) => one.id === id);
    if (!link) throw isOver(id);
    return reply(201, show(link, openToken(linkTokens, id, sealed)), { 'Idempotency-Replayed': 'true' });
  },
});

/** The stored answer to a call with a key. Its token can be read only with SECRETS_KEY. */
const storedAnswer = z.object({ id: z.string(), sealed: z.string() });

function isOver(id: string): Problem {
  const detail = `Link ${id}, which the first call with this Idempotency-Key made, was revoked or has expired. Use another key to make another link.`;
  return new Problem('gone', detail);
}

/** Throws a Problem if this process has not got the key that sealed the token. */
function openToken(linkTokens: Sealer, id: string, sealed: string): string {
  try {
    return linkTokens.open(id, sealed).toString();
  } catch (cause) {
    if (!(cause instanceof SealedError)) throw cause;
    const detail = `This API process cannot open the stored address of link ${id}: its SECRETS_KEY is another one. The link works. Try again later, or use another Idempotency-Key to make another link.`;
    throw new Problem('keys-unavailable', detail, { headers: retryAfter(keyUnknownSeconds), cause });
  }
}

/** The rights of a link that a caller needs another scope for than to make the link. */
const scopesOfRights: Readonly<Partial<Record<LinkRight, Scope>>> = { vpn: 'vpn:read', billing: 'purchases:write' };

/** Throws a Problem if the holder of the link could do more than the caller. */
function assertMayGive(key: Caller | null, rights: readonly LinkRight[]): void {
  for (const right of rights) {
    const needed = scopesOfRights[right];
    if (key === null || needed === undefined || mayUse(key, needed)) continue;
    const detail = `Key ${key.name} does not have the scope ${needed}, so it makes no link with the right ${right}.`;
    throw new Problem('forbidden', detail, { members: { needed, scopes: key.scopes } });
  }
}

const list = route({
  method: 'get',
  path: '/v1/servers/{id}/links',
  access: 'servers:read',
  forCustomers: 'server',
  summary: 'List the links of a server that work, oldest first',
  description: 'Without their addresses.',
  params: serverParams,
  answers: { 200: { description: 'The links', body: z.object({ items: z.array(linkShape) }) } },
  problems: ['not-found'],
  handle: async ({ params: { id } }, { store, now }) => {
    const links = await store.readLinks(id, now());
    if (links.length === 0 && !(await store.readServer(id))) throw new NotFoundError('server', id);
    return reply(200, { items: links.map(showLink) });
  },
});

const revoke = route({
  method: 'delete',
  path: '/v1/servers/{id}/links/{link}',
  access: 'servers:write',
  forCustomers: 'server',
  summary: 'Revoke a link',
  description: 'Its page is not found from now on. What its holder has asked for goes on.',
  params: z.strictObject({ ...serverParams.shape, link: id.meta({ description: 'The id of a link.' }) }),
  answers: { 204: { description: 'Revoked', body: null } },
  problems: ['not-found', 'database-busy', 'disk-full'],
  handle: async (call, { store, now }) => {
    const { id: serverId, link } = call.params;
    await store.revokeLink({ serverId, id: link }, actorOf(call, now()));
    return reply(204, null);
  },
});

export const linkRoutes = [make, list, revoke];
