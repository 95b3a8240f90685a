import { isOneOf, literal } from '#db/literal.ts';
import { and, asc, eq, gt, ne, sql } from '#db/orm.ts';
import { ask, askHot, type Context, hot, type Steps } from '#db/steps.ts';
import type { Machine, OrderedRemoval, Server } from '#db/tables.ts';
import type { ReadSlice } from './figures.ts';

export interface MachineWithServer {
  readonly machine: Machine;
  readonly server: Server;
}

/** The columns that the inventory compares. An installation may have a hundred thousand of these rows. */
export interface InventoryRow {
  readonly machine: Pick<
    Machine,
    'id' | 'name' | 'state' | 'providerId' | 'account' | 'ipv4' | 'ipv6' | 'createdAt' | 'removableAt'
  >;
  readonly server: Pick<Server, 'id' | 'status' | 'customer' | 'hostname'>;
}

/** Reading so many rows takes SQLite about 10 ms, in which it blocks the event loop. */
const sliceRows = 1_000;

const machineSlice = hot('machine_slice', ({ db, t: { machines, servers } }) => {
  const { id, name, state, providerId, account, ipv4, ipv6, createdAt, removableAt } = machines;
  const { status, customer, hostname } = servers;
  const isHere = and(eq(machines.provider, sql.placeholder('provider')), ne(state, literal('gone')));
  return db
    .select({
      machine: { id, name, state, providerId, account, ipv4, ipv6, createdAt, removableAt },
      server: { id: servers.id, status, customer, hostname },
    })
    .from(machines)
    .innerJoin(servers, eq(servers.id, machines.serverId))
    .where(and(isHere, gt(id, sql.placeholder('after'))))
    .orderBy(asc(id))
    .limit(sliceRows);
});

/** Every machine of this provider that is not gone, by its row; read in slices. */
export async function readMachines(slice: ReadSlice, provider: string): Promise<InventoryRow[]> {
  const rows: InventoryRow[] = [];
  for (let after = ''; ; after = rows.at(-1)?.machine.id ?? '') {
    const found = await slice(() => askHot(machineSlice, { provider, after }));
    for (const row of found) rows.push(row);
    if (found.length < sliceRows) return rows;
  }
}

/** Every machine of the servers that were destroyed or suspended after `since`, and have none now. */
export function* readEmptied({ db, t }: Context, since: Date): Steps<MachineWithServer[]> {
  return yield* ask(
    db
      .select({ machine: t.machines, server: t.servers })
      .from(t.servers)
      .innerJoin(t.machines, eq(t.machines.serverId, t.servers.id))
      .where(and(isOneOf(t.servers.status, ['destroyed', 'suspended']), gt(t.servers.updatedAt, since)))
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
