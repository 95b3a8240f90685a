import type { Store } from '#db/store.ts';
import type { VpnKeysRow } from '#db/tables.ts';
import type { Resealing } from '#db/transactions/reseal.ts';
import type { Sealer } from './sealed.ts';

/** A small number, so that each transaction is short. */
const rowsAtOnce = 50;

/**
 * Seals every row of the old key with the current key. All processes may run meanwhile. After a kill, a second call
 * continues. It repeats until a pass finds no row of the old key, since rows may change during a pass.
 * Rejects with SealedError at a row that neither key opens.
 */
export async function rotate(store: Store, sealer: Sealer): Promise<{ rows: number; resealed: number }> {
  let resealed = 0;
  for (;;) {
    const pass = await passOver(store, sealer);
    resealed += pass.resealed;
    if (pass.stale === 0) return { rows: pass.rows, resealed };
  }
}

async function passOver(store: Store, sealer: Sealer): Promise<{ rows: number; stale: number; resealed: number }> {
  const pass = { rows: 0, stale: 0, resealed: 0 };
  let after = '';
  for (;;) {
    const rows = await store.readSealed(after, rowsAtOnce);
    const stale = rows.filter(({ sealed }) => !sealer.isCurrent(sealed));
    pass.rows += rows.length;
    pass.stale += stale.length;
    if (stale.length > 0) pass.resealed += await store.reseal(stale.map((row) => resealing(sealer, row)));
    after = rows.at(-1)?.serverId ?? after;
    if (rows.length < rowsAtOnce) return pass;
  }
}

function resealing(sealer: Sealer, { serverId, sealed }: VpnKeysRow): Resealing {
  return { serverId, from: sealed, to: sealer.seal(serverId, sealer.open(serverId, sealed)) };
}
