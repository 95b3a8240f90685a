import { NotFoundError, TooManyLinksError } from '#db/errors.ts';
import { newId } from '#db/ids.ts';
import type { LinkRight } from '#db/links.ts';
import { and, eq, lte } from '#db/orm.ts';
import { readLinks } from '#db/reads/links.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { LinkRow } from '#db/tables.ts';
import { answerOnce, type Command, type CommandAnswer } from './answers.ts';
import { recordEvent } from './events.ts';
import { lockServer } from './line.ts';
import { type Actor, causedBy } from './request.ts';

export interface NewLink {
  readonly serverId: string;
  /** The SHA-256 of its token, in hex. */
  readonly digest: string;
  readonly may: readonly LinkRight[];
  readonly expiresAt: Date;
}

/** Enough for a link in each mail of a month. Without a limit, a shop that makes one with each visit would fill the table. */
export const linksPerServer = 100;

export interface LinkCommand extends Command<LinkRow | null> {
  readonly wanted: NewLink;
  readonly actor: Actor;
}

/**
 * Makes a link to the page of a server once per idempotency key, and deletes those of the server that have expired. `answer` gets null if the server is destroyed. Throws NotFoundError, TooManyLinksError, KeyReusedError.
 */
export function* makeLink(context: Context, command: LinkCommand): Steps<CommandAnswer<LinkRow | null>> {
  const { wanted, actor } = command;
  return yield* answerOnce(context, { ...command, now: actor.now }, () => insertLink(context, wanted, actor));
}

function* insertLink(context: Context, wanted: NewLink, actor: Actor): Steps<LinkRow | null> {
  const { db, t } = context;
  const { links } = t;
  const { serverId } = wanted;
  const { requestedBy: createdBy, now } = actor;
  const server = yield* lockServer(context, serverId);
  if (server.status === 'destroyed') return null;
  yield* ask(db.delete(links).where(and(eq(links.serverId, serverId), lte(links.expiresAt, now))));
  const others = yield* readLinks(context, serverId, now);
  if (others.length >= linksPerServer) throw new TooManyLinksError(serverId, linksPerServer);
  const row: LinkRow = { ...wanted, id: newId('lnk', now), may: [...wanted.may], createdBy, createdAt: now };
  yield* ask(db.insert(links).values(row));
  const detail = { may: row.may, expiresAt: row.expiresAt.toISOString() };
  const about = { ...causedBy(actor), serverId, subject: row.id, detail };
  yield* recordEvent(context, { type: 'server.link_made', ...about });
  return row;
}

/** Deletes a link of the server: nobody can open it any more. Throws NotFoundError. */
export function* revokeLink(
  context: Context,
  { serverId, id }: Pick<LinkRow, 'serverId' | 'id'>,
  actor: Actor,
): Steps<void> {
  const { db, t } = context;
  const { links } = t;
  yield* lockServer(context, serverId);
  const own = and(eq(links.serverId, serverId), eq(links.id, id));
  const deleted = yield* ask(db.delete(links).where(own).returning());
  if (deleted.length === 0) throw new NotFoundError('link', id);
  const about = { ...causedBy(actor), serverId, subject: id, detail: {} };
  yield* recordEvent(context, { type: 'server.link_revoked', ...about });
}
