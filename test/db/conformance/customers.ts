import { describe, expect, test } from 'vitest';
import { eq } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { foldPage } from '#db/transactions/fold-customers.ts';
import type { Dialect } from '../dialects.ts';
import { at, buy, useFixture } from './fixture.ts';

const daySeconds = 24 * 60 * 60;
const composed = 'Jos\u00e9+vpn@example.com';
const decomposed = 'Jose\u0301+vpn@example.com';

export function customers(dialect: Dialect): void {
  const my = useFixture(dialect);
  const found = async (customer: string) =>
    (await my.store.readServers({ customer, limit: 9 })).map(({ server }) => server.customer);
  const forms = async () => (await my.dump()).servers.map(({ customerFolded }) => customerFolded);
  /** As a version without the column has sold it. */
  const buyFromOlderVersion = async (customer: string, seconds: number) => {
    const { server } = await buy(my.store, { customer, now: at(seconds) });
    const forget = function* ({ db, t }: Context): Steps<void> {
      yield* ask(db.update(t.servers).set({ customerFolded: null }).where(eq(t.servers.id, server.id)));
    };
    await my.database.transact('forget', forget, { busyTimeoutMs: 5_000 });
    return server.id;
  };

  describe('a customer', () => {
    test.each([composed, decomposed, composed.toUpperCase(), decomposed.toUpperCase(), composed.toLowerCase()])(
      'is found as %s, and is stored as given',
      async (asked) => {
        await buy(my.store, { customer: composed });
        await buy(my.store, { customer: decomposed.toUpperCase() });
        await buy(my.store, { customer: 'jose+vpn@example.com' });
        expect((await found(asked)).toSorted()).toEqual([composed, decomposed.toUpperCase()].toSorted());
      },
    );

    test('takes no second column if its own spelling is the usual one', async () => {
      await buy(my.store, { customer: composed.toLowerCase() });
      expect(await forms()).toEqual([null]);
      expect(await found(composed)).toEqual([composed.toLowerCase()]);
    });

    test('is paged in the order of the ids, whatever its spellings', async () => {
      const bought: string[] = [];
      for (const [seconds, customer] of ['ada', 'ADA', 'Ada', 'aDA'].entries())
        bought.unshift((await buy(my.store, { customer, now: at(seconds) })).server.id);
      const page = (after?: string) => my.store.readServers({ customer: 'adA', after, limit: 2 });
      const ids = (servers: Awaited<ReturnType<typeof page>>) => servers.map(({ server }) => server.id);
      const first = ids(await page());
      expect([...first, ...ids(await page(first.at(-1)))]).toEqual(bought);
    });
  });

  describe('customers of an older version', () => {
    test('are found in every spelling once they are folded, and a second call finds nothing to do', async () => {
      await buyFromOlderVersion('ada@example.com', 0);
      await buyFromOlderVersion(composed, 1);
      await buyFromOlderVersion('ADA@EXAMPLE.COM', 2);
      expect(await found('Ada@example.com')).toEqual(['ada@example.com']);
      expect(await my.store.foldCustomers(at(3))).toBe(2);
      expect(await found('Ada@example.com')).toEqual(['ADA@EXAMPLE.COM', 'ada@example.com']);
      expect(await found(decomposed)).toEqual([composed]);
      expect(await my.store.foldCustomers(at(4))).toBe(0);
    });

    test('are folded page by page, in the order of the ids', async () => {
      const ids: string[] = [];
      for (const [seconds, customer] of ['A', 'b', 'C'].entries())
        ids.push(await buyFromOlderVersion(customer, seconds));
      const fold = (after: string) =>
        my.database.transact('fold', (context) => foldPage(context, { after, limit: 2, now: at(9) }), {
          busyTimeoutMs: 5_000,
        });
      expect(await fold('')).toEqual({ written: 1, last: ids[1] });
      expect((await forms()).filter((form) => form !== null)).toEqual(['a']);
      expect(await fold(ids[1] ?? '')).toEqual({ written: 1, last: null });
      expect((await forms()).filter((form) => form !== null).toSorted()).toEqual(['a', 'c']);
    });

    test('that it sells while a new one starts are folded at the next start; what is a day older is not read again', async () => {
      await buyFromOlderVersion('OLD', -2 * daySeconds);
      await buy(my.store, { customer: 'ada', now: at(0) });
      expect(await my.store.foldCustomers(at(0))).toBe(1);
      await buyFromOlderVersion('MISSED', -2 * daySeconds);
      await buyFromOlderVersion('LATE', -daySeconds / 2);
      await buyFromOlderVersion('NEW', 60);
      expect(await my.store.foldCustomers(at(120))).toBe(2);
      expect((await forms()).filter((form) => form !== null).toSorted()).toEqual(['late', 'new', 'old']);
    });
  });
}
