import { and, eq } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';

/** The same keys of a server, sealed with another key. */
export interface Resealing {
  readonly serverId: string;
  readonly from: string;
  readonly to: string;
}

/** Replaces each sealed text by its new one, unless the text has changed meanwhile. Returns how many it replaced. */
export function* reseal({ db, t }: Context, resealings: readonly Resealing[]): Steps<number> {
  let replaced = 0;
  for (const { serverId, from, to } of resealings) {
    const unchanged = and(eq(t.vpnKeys.serverId, serverId), eq(t.vpnKeys.sealed, from));
    const rows = yield* ask(db.update(t.vpnKeys).set({ sealed: to }).where(unchanged).returning());
    replaced += rows.length;
  }
  return replaced;
}
