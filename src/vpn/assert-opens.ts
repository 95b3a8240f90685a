import type { Store } from '#db/store.ts';
import { type Sealer, sealedPrefixLength, UnknownKeyError } from './sealed.ts';

/**
 * Opens one sealed text per sealing key in the database. Rejects with UnknownKeyError if a key is missing. A damaged text
 * concerns one server, so it stops no process; `sealer` may report it.
 */
export async function assertOpens(store: Pick<Store, 'readSealedSamples'>, sealer: Sealer): Promise<void> {
  for (const { serverId, sealed } of await store.readSealedSamples(sealedPrefixLength)) {
    try {
      sealer.open(serverId, sealed);
    } catch (error) {
      if (error instanceof UnknownKeyError) throw error;
    }
  }
}
