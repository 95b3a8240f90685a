import type { Store } from '#db/store.ts';
import { type Sealer, sealedPrefixLength } from './sealed.ts';

/** Opens one stored text of each key that any was sealed with. Throws SealedError where the right key is not known. */
export async function assertOpens(store: Pick<Store, 'readSealedSamples'>, sealer: Sealer): Promise<void> {
  for (const { serverId, sealed } of await store.readSealedSamples(sealedPrefixLength)) sealer.open(serverId, sealed);
}
