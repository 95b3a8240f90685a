import { describe, expect, test } from 'vitest';
import { NotFoundError } from '#db/errors.ts';
import type { Dialect } from '../dialects.ts';
import { buy, destroy, made, missing, rebuild, removed, settle, useFixture } from './fixture.ts';

export function devices(dialect: Dialect): void {
  const my = useFixture(dialect);

  describe('the devices of a server', () => {
    test('are recorded with each machine when it is planned', async () => {
      const { server, job } = await buy(my.store);
      await settle(my.store, job.id, made);
      await rebuild(my.store, server.id);
      expect((await my.dump()).machines.map((machine) => machine.devices)).toEqual([5, 5]);
    });

    test('have labels that are set, replaced and removed one by one', async () => {
      const { server } = await buy(my.store);
      const other = await buy(my.store);
      const label = (device: number, text: string | null, serverId = server.id) =>
        my.store.labelDevice({ serverId, device, label: text });
      for (const [device, text] of [
        [3, 'TV'],
        [1, 'Phone'],
        [3, 'Laptop'],
        [2, null],
        [1, null],
        [1, 'Tablet'],
      ] as const)
        expect(await label(device, text)).toBe(true);
      await label(3, 'Other', other.server.id);
      expect(await my.store.readDeviceLabels(server.id)).toEqual([
        { serverId: server.id, device: 1, label: 'Tablet' },
        { serverId: server.id, device: 3, label: 'Laptop' },
      ]);
      await expect(label(1, 'Phone', 'srv-none')).rejects.toThrow(NotFoundError);
    });

    test('lose their labels when the destroy settles, also to a call that waits for it', async () => {
      const { server, job } = await buy(my.store);
      const other = await buy(my.store);
      await settle(my.store, job.id, made);
      for (const { id: serverId } of [server, other.server])
        await my.store.labelDevice({ serverId, device: 2, label: 'Phone' });
      const destroying = await destroy(my.store, server.id);
      const second = await my.another();
      const calls = Array.from({ length: 10 }, (_, at) =>
        second.labelDevice({ serverId: server.id, device: (at % 5) + 1, label: 'Late' }),
      );
      await Promise.all([settle(my.store, destroying.job.id, removed), ...calls]);
      expect(await my.store.labelDevice({ serverId: server.id, device: 1, label: 'Later' })).toBe(false);
      expect((await my.dump()).deviceLabels.map(({ serverId }) => serverId)).toEqual([other.server.id]);
      expect((await my.store.readServer(server.id))?.server.status ?? missing('server')).toBe('destroyed');
    });
  });
}
