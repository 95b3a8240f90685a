import { asc, gt, inArray, min, sql } from '../orm.ts';
import { ask, type Context, type Steps } from '../steps.ts';
import type { VpnKeysRow } from '../tables.ts';

/** For each beginning of that length that sealed texts have, one of the texts. */
export function* readSealedSamples({ db, t }: Context, prefixLength: number): Steps<VpnKeysRow[]> {
  const prefix = sql`substr(${t.vpnKeys.sealed}, 1, ${sql.raw(String(prefixLength))})`;
  const samples = db
    .select({ id: min(t.vpnKeys.serverId) })
    .from(t.vpnKeys)
    .groupBy(prefix);
  return yield* ask(db.select().from(t.vpnKeys).where(inArray(t.vpnKeys.serverId, samples)));
}

/** In the order of their servers' ids, those after the given one. */
export function* readSealed({ db, t }: Context, after: string, limit: number): Steps<VpnKeysRow[]> {
  return yield* ask(
    db.select().from(t.vpnKeys).where(gt(t.vpnKeys.serverId, after)).orderBy(asc(t.vpnKeys.serverId)).limit(limit),
  );
}
