import { isIPv4 } from 'node:net';
import { and, desc, eq, gte, isNull, lt, lte, or } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { isOfCustomer } from './customers.ts';
import type { MachineWithServer } from './inventory.ts';

export interface AddressFilter {
  /** IPv4, or IPv6 in the short form of RFC 5952. */
  readonly address?: string | undefined;
  readonly serverId?: string | undefined;
  /** Only machines that can have had it then: planned before, and not gone before. */
  readonly at?: Date | undefined;
  /** Only this customer's; null or not given: those of all. */
  readonly owner?: string | null | undefined;
  /** Only machines older than the one with this id; the newest come first. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** The machines that have or had an address, or that a server has or had, also those that are gone, each with its server. */
export function* readMachinesAt({ db, t }: Context, filter: AddressFilter): Steps<MachineWithServer[]> {
  const { machines, servers } = t;
  const { address, serverId, at, owner, after, limit } = filter;
  const conditions = and(
    address === undefined ? undefined : eq(isIPv4(address) ? machines.ipv4 : machines.ipv6, address),
    serverId === undefined ? undefined : eq(machines.serverId, serverId),
    owner == null ? undefined : isOfCustomer(servers, owner),
    after === undefined ? undefined : lt(machines.id, after),
    at && and(lte(machines.createdAt, at), or(isNull(machines.goneAt), gte(machines.goneAt, at))),
  );
  return yield* ask(
    db
      .select({ machine: machines, server: servers })
      .from(machines)
      .innerJoin(servers, eq(servers.id, machines.serverId))
      .where(conditions)
      .orderBy(desc(serverId === undefined ? machines.id : machines.generation))
      .limit(limit),
  );
}
