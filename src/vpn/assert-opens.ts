import type { Store } from '#db/store.ts';
import { type Sealer, sealedPrefixLength } from './sealed.ts';

/** Opens one sealed text per sealing key in the database. Rejects with SealedError if a key is missing. */
export async function assertOpens(store: Pick<Store, 'readSealedSamples'>, sealer: Sealer): Promise<void> {
  for (const { serverId, sealed } of await store.readSealedSamples(sealedPrefixLength)) sealer.open(serverId, sealed);
}
