import { literal } from '#db/literal.ts';
import { and, asc, eq, gt, ne } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Machine, OrderedRemoval, Server } from '#db/tables.ts';

export interface MachineWithServer {
  readonly machine: Machine;
  readonly server: Server;
}

/** Every machine of this provider that is not gone, by its row. */
export function* readMachines({ db, t }: Context, provider: string): Steps<MachineWithServer[]> {
  return yield* ask(
    db
      .select({ machine: t.machines, server: t.servers })
      .from(t.machines)
      .innerJoin(t.servers, eq(t.servers.id, t.machines.serverId))
      .where(and(eq(t.machines.provider, provider), ne(t.machines.state, literal('gone')))),
  );
}

/** Every machine of the servers that were destroyed after `since`. */
export function* readDestroyed({ db, t }: Context, since: Date): Steps<MachineWithServer[]> {
  return yield* ask(
    db
      .select({ machine: t.machines, server: t.servers })
      .from(t.servers)
      .innerJoin(t.machines, eq(t.machines.serverId, t.servers.id))
      .where(and(eq(t.servers.status, literal('destroyed')), gt(t.servers.updatedAt, since)))
      .orderBy(asc(t.machines.generation)),
  );
}

/** One machine by its name, to be read again right before its removal. null: no row. */
export function* readMachine({ db, t }: Context, name: string): Steps<MachineWithServer | null> {
  const [found] = yield* ask(
    db
      .select({ machine: t.machines, server: t.servers })
      .from(t.machines)
      .innerJoin(t.servers, eq(t.servers.id, t.machines.serverId))
      .where(eq(t.machines.name, name)),
  );
  return found ?? null;
}

/** The removal that an operator ordered for the machine with this id at the provider; null: none. */
export function* readOrderedRemoval({ db, t }: Context, providerId: string): Steps<OrderedRemoval | null> {
  const [order] = yield* ask(db.select().from(t.orderedRemovals).where(eq(t.orderedRemovals.providerId, providerId)));
  return order ?? null;
}
