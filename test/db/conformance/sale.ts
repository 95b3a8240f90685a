import { describe, expect, test } from 'vitest';
import { SaleClosedError } from '#db/errors.ts';
import type { Dialect } from '../dialects.ts';
import { anything, buy, destroyed, noon, order, plain, useFixture } from './fixture.ts';

export function sale(dialect: Dialect): void {
  const my = useFixture(dialect);

  describe('the sale', () => {
    test.each([[{ open: false }], ['nonsense'], [{}]])(
      'is closed while the setting is %j, and writes nothing',
      async (setting) => {
        await my.store.putSetting(anything('sale'), setting, noon);
        const before = await my.dump();
        await expect(my.store.recordPurchase(order(), plain)).rejects.toThrow(SaleClosedError);
        expect(await my.dump()).toEqual(before);
      },
    );

    test('stops at MAX_SERVERS, and resumes when a server is destroyed', async () => {
      await buy(my.store, { maxServers: 2 });
      const server = await destroyed(my.store);
      await buy(my.store, { maxServers: 2 });
      await expect(buy(my.store, { maxServers: 2 })).rejects.toThrow(/All 2 servers .* \(MAX_SERVERS\)/);
      expect((await my.store.readServer(server.id))?.server.status).toBe('destroyed');
      expect((await my.dump()).servers).toHaveLength(3);
    });

    test('never exceeds MAX_SERVERS, even if all purchases arrive at once', async () => {
      const stores = [my.store, await my.another(), await my.another()];
      const bought = await Promise.allSettled(
        Array.from({ length: 30 }, (_, n) => buy(stores[n % 3] ?? my.store, { maxServers: 4 })),
      );
      expect(bought.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
      expect((await my.dump()).servers).toHaveLength(4);
    });

    test('is closed by MAX_SERVERS 0', async () => {
      await expect(buy(my.store, { maxServers: 0 })).rejects.toThrow(SaleClosedError);
    });
  });
}
