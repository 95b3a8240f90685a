import type { Store } from '#db/store.ts';
import type { Log } from '#queues/ports/log.ts';

/**
 * Writes the forms by which customers are found, as far as an older version has sold servers without them. Resolves also
 * if that fails: the next start continues.
 */
export async function foldCustomers(
  { store, log }: { readonly store: Pick<Store, 'foldCustomers'>; readonly log: Log },
  now: Date,
): Promise<void> {
  try {
    const customers = await store.foldCustomers(now);
    if (customers > 0) log.info({ event: 'customers-folded', customers }, 'Folded customers of an older version');
  } catch (error) {
    log.warn(
      { event: 'customers-not-folded', error: String(error) },
      'Could not fold all customers of an older version: some are found in one spelling only until the next start',
    );
  }
}
