import type { DueDelivery } from '#db/reads/news.ts';
import type { Store } from '#db/store.ts';
import type { SweptRows } from '#queues/sweeper.ts';

/** The deliveries that are due, as the sweeper reads them. There are few at a time, so that one page has them all. */
export function sweptDeliveries(
  store: Pick<Store, 'takeLease' | 'flush' | 'readDueDeliveries' | 'readOpenDeliveries'>,
  now: () => Date,
): SweptRows<DueDelivery> {
  return {
    takeLease: store.takeLease,
    flush: store.flush,
    readDuePage: async ({ now: at }) => ({ ids: (await store.readDueDeliveries(at)).map(({ id }) => id), last: null }),
    readReleased: (ids) => store.readOpenDeliveries(ids),
    countReleased: async () => (await store.readDueDeliveries(now())).length,
  };
}
