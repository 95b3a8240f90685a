import { jobTraits } from '#db/job-traits.ts';
import { isOneOf } from '#db/literal.ts';
import { jobKinds } from '#db/model.ts';
import { type SQL, sql } from '#db/orm.ts';
import type { Server, Tables } from '#db/tables.ts';

/** Bounds the count. A customer with more servers under way waits behind everybody else in any case. */
const mostCounted = 1_000;

/** A server has one of these statuses while a job of its own line is released. */
const underWay = [...new Set(jobKinds.flatMap((kind) => jobTraits[kind].statusWhenReleased ?? []))];

/**
 * The rank of a job, as part of the statement that releases it: how many other servers of its customer are under way.
 * `rankValues` gives its values. The condition is that of the index `servers_under_way`.
 */
export function rankIn({ servers }: Tables): SQL<number> {
  const isCustomer = sql`coalesce(${servers.customerFolded}, ${servers.customer}) = ${sql.placeholder('customer')}`;
  const isOther = sql`${servers.id} <> ${sql.placeholder('serverId')}`;
  const others = sql`select 1 from ${servers} where ${isCustomer} and ${isOther} and ${isOneOf(servers.status, underWay)}`;
  return sql`(select count(*) from (${others} limit ${sql.raw(String(mostCounted))}) as others)`;
}

export function rankValues({ id, customer, customerFolded }: Pick<Server, 'id' | 'customer' | 'customerFolded'>) {
  return { serverId: id, customer: customerFolded ?? customer };
}
