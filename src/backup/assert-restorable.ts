import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import { createSealer, type Sealer, type SealerKeys } from '#src/vpn/sealed.ts';

const rowsAtOnce = 500;

/**
 * Opens the copy of a backup as a process of the service does, with the migrations that it lacks, and opens every VPN
 * key. Returns its content for people. Throws DatabaseUnusableError or SealedError.
 */
export async function assertRestorable(copy: string, keys: SealerKeys): Promise<string> {
  const store = createStore(await openDatabase(`file:${copy}`));
  try {
    const opened = await openAllKeys(store, createSealer(keys));
    const { servers, jobs } = await store.readFigures();
    const statuses = servers.map(({ status, count }) => `${count} ${status}`).join(', ') || 'none';
    const open = jobs.reduce((sum, { count }) => sum + count, 0);
    return `servers: ${statuses}; open jobs: ${open}; all ${opened} VPN keys open`;
  } finally {
    await store.close();
  }
}

/** Returns how many it has opened. */
async function openAllKeys(store: Pick<Store, 'readSealed'>, sealer: Sealer): Promise<number> {
  let opened = 0;
  for (let after = ''; ; ) {
    const rows = await store.readSealed(after, rowsAtOnce);
    for (const { serverId, sealed } of rows) sealer.open(serverId, sealed);
    opened += rows.length;
    after = rows.at(-1)?.serverId ?? after;
    if (rows.length < rowsAtOnce) return opened;
  }
}
