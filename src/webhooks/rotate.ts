import type { Endpoint } from '#db/news-tables.ts';
import type { Store } from '#db/store.ts';
import type { Sealer } from '#src/vpn/sealed.ts';

type Secrets = Pick<Endpoint, 'id' | 'secretSealed' | 'oldSealed'>;

/**
 * Seals the secrets of all endpoints with the current key. All processes may run meanwhile: it repeats until it finds
 * none of the old key. Returns how many endpoints it sealed again. Rejects with SealedError at one that no key opens.
 */
export async function resealWebhooks(
  store: Pick<Store, 'readEndpoints' | 'resealEndpoint'>,
  sealer: Sealer,
): Promise<number> {
  for (let resealed = 0; ; ) {
    const stale = (await store.readEndpoints()).filter((endpoint) => !isCurrent(sealer, endpoint));
    if (stale.length === 0) return resealed;
    for (const endpoint of stale) await store.resealEndpoint(endpoint, resealing(sealer, endpoint));
    resealed += stale.length;
  }
}

function isCurrent(sealer: Sealer, { secretSealed, oldSealed }: Secrets): boolean {
  return sealer.isCurrent(secretSealed) && (oldSealed === null || sealer.isCurrent(oldSealed));
}

function resealing(sealer: Sealer, { id, secretSealed, oldSealed }: Secrets): Secrets {
  const again = (sealed: string) => sealer.seal(id, sealer.open(id, sealed));
  return { id, secretSealed: again(secretSealed), oldSealed: oldSealed === null ? null : again(oldSealed) };
}
