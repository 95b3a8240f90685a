import type { Store } from '#db/store.ts';
import { assertOpens } from '#src/vpn/assert-opens.ts';
import { createSealer, type Sealer, type SealerKeys, UnknownKeyError, webhookSecrets } from '#src/vpn/sealed.ts';

/** `assertOpens` for the VPN keys, and the same for the secrets of webhooks. Rejects with UnknownKeyError. */
export async function assertAllOpen(
  store: Pick<Store, 'readSealedSamples' | 'readEndpoints'>,
  { vpn, keys }: { readonly vpn: Sealer; readonly keys: SealerKeys },
): Promise<void> {
  await assertOpens(store, vpn);
  const sealer = createSealer(keys, webhookSecrets);
  for (const { id, secretSealed } of await store.readEndpoints()) {
    try {
      sealer.open(id, secretSealed);
    } catch (error) {
      if (error instanceof UnknownKeyError) throw error;
    }
  }
}
