import { and, asc, eq, gt } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { LinkRow } from '#db/tables.ts';
import type { ServerWithMachine } from './servers.ts';

export interface LinkedServer extends ServerWithMachine {
  readonly link: LinkRow;
  /** The subscription that pays for the server; null: none of Stripe. */
  readonly subscriptionId: string | null;
}

/**
 * The link whose token has this SHA-256 in hex, with its server. null: there is none that works now. It is one statement
 * whatever the digest, so its duration tells nothing about the links.
 */
export function* readLink({ db, t }: Context, digest: string, now: Date): Steps<LinkedServer | null> {
  const { links, servers, machines, purchases } = t;
  const [found] = yield* ask(
    db
      .select({ link: links, server: servers, machine: machines, subscriptionId: purchases.subscriptionId })
      .from(links)
      .innerJoin(servers, eq(servers.id, links.serverId))
      .innerJoin(purchases, eq(purchases.id, servers.purchaseId))
      .leftJoin(machines, eq(machines.id, servers.machineId))
      .where(and(eq(links.digest, digest), gt(links.expiresAt, now))),
  );
  return found ?? null;
}

/** The links of a server that work now, oldest first. */
export function* readLinks({ db, t: { links } }: Context, serverId: string, now: Date): Steps<LinkRow[]> {
  const working = and(eq(links.serverId, serverId), gt(links.expiresAt, now));
  return yield* ask(db.select().from(links).where(working).orderBy(asc(links.id)));
}
