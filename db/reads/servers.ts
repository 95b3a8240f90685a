import { literal, unindexed } from '#db/literal.ts';
import type { ServerStatus } from '#db/model.ts';
import { and, desc, eq, lt, ne, sql } from '#db/orm.ts';
import { ask, askHot, type Context, hot, type Steps } from '#db/steps.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import { isOfCustomer } from './customers.ts';
import { readOpenJobs } from './jobs.ts';

export interface ServerWithMachine {
  readonly server: Server;
  /** The machine that serves now; null: none. */
  readonly machine: Machine | null;
}

export interface ServerFilter {
  /** In any case and any Unicode form. */
  readonly customer?: string | undefined;
  /** Only this customer's, whatever else is asked for; null or not given: those of all. */
  readonly owner?: string | null | undefined;
  readonly status?: ServerStatus | undefined;
  readonly reference?: string | undefined;
  /** Only servers with this plan that are not destroyed. */
  readonly plan?: string | undefined;
  /** Only servers older than the one with this id; the newest come first. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export function* readServers({ db, t }: Context, filter: ServerFilter): Steps<ServerWithMachine[]> {
  // A customer, a reference or a plan finds fewer servers than a status.
  const isNarrow = [filter.customer, filter.owner, filter.reference, filter.plan].some((value) => value != null);
  const status = isNarrow ? unindexed(t.servers.status) : t.servers.status;
  const conditions = and(
    filter.customer === undefined ? undefined : isOfCustomer(t.servers, filter.customer),
    filter.owner == null ? undefined : isOfCustomer(t.servers, filter.owner),
    filter.status && sql`${status} = ${filter.status}`,
    filter.reference === undefined ? undefined : eq(t.servers.reference, filter.reference),
    filter.plan === undefined
      ? undefined
      : and(eq(t.servers.plan, filter.plan), ne(t.servers.status, literal('destroyed'))),
    filter.after === undefined ? undefined : lt(t.servers.id, filter.after),
  );
  return yield* ask(
    db
      .select({ server: t.servers, machine: t.machines })
      .from(t.servers)
      .leftJoin(t.machines, eq(t.machines.id, t.servers.machineId))
      .where(conditions)
      .orderBy(desc(t.servers.id))
      .limit(filter.limit),
  );
}

export interface ServerInFull extends ServerWithMachine {
  /** The subscription that it was bought for; null: none of Stripe. */
  readonly subscriptionId: string | null;
  readonly openJobs: readonly Job[];
}

const serverInFull = hot('server_in_full', ({ db, t: { servers, machines, purchases } }) =>
  db
    .select({ server: servers, machine: machines, subscriptionId: purchases.subscriptionId })
    .from(servers)
    .leftJoin(machines, eq(machines.id, servers.machineId))
    .leftJoin(purchases, eq(purchases.id, servers.purchaseId))
    .where(eq(servers.id, sql.placeholder('id'))),
);

/** null: there is no such server. */
export function* readServer(context: Context, id: string): Steps<ServerInFull | null> {
  const [found] = yield* askHot(serverInFull, { id });
  if (!found) return null;
  return { ...found, openJobs: yield* readOpenJobs(context, id) };
}
