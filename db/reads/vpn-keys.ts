import { asc, eq, gt, inArray, min, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { VpnKeysRow } from '#db/tables.ts';
import type { ServerWithMachine } from './servers.ts';

export interface ServerWithKeys extends ServerWithMachine {
  /** null: it has none, or was destroyed. */
  readonly sealedKeys: string | null;
}

/** null: there is no such server. */
export function* readServerWithKeys({ db, t }: Context, id: string): Steps<ServerWithKeys | null> {
  const [found] = yield* ask(
    db
      .select({ server: t.servers, machine: t.machines, sealedKeys: t.vpnKeys.sealed })
      .from(t.servers)
      .leftJoin(t.machines, eq(t.machines.id, t.servers.machineId))
      .leftJoin(t.vpnKeys, eq(t.vpnKeys.serverId, t.servers.id))
      .where(eq(t.servers.id, id)),
  );
  return found ?? null;
}

/** One sealed text for each distinct prefix of that length. */
export function* readSealedSamples({ db, t }: Context, prefixLength: number): Steps<VpnKeysRow[]> {
  const prefix = sql`substr(${t.vpnKeys.sealed}, 1, ${sql.raw(String(prefixLength))})`;
  const samples = db
    .select({ id: min(t.vpnKeys.serverId) })
    .from(t.vpnKeys)
    .groupBy(prefix);
  return yield* ask(db.select().from(t.vpnKeys).where(inArray(t.vpnKeys.serverId, samples)));
}

/** The sealed keys of the servers with ids after the given one, in the order of the ids. */
export function* readSealed({ db, t }: Context, after: string, limit: number): Steps<VpnKeysRow[]> {
  return yield* ask(
    db.select().from(t.vpnKeys).where(gt(t.vpnKeys.serverId, after)).orderBy(asc(t.vpnKeys.serverId)).limit(limit),
  );
}
