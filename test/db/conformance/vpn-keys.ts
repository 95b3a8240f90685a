import { describe, expect, test } from 'vitest';
import type { Dialect } from '../dialects.ts';
import { abandoned, buy, destroy, failed, made, missing, rebuild, removed, settle, useFixture } from './fixture.ts';

export function vpnKeys(dialect: Dialect): void {
  const my = useFixture(dialect);
  const sealedOf = async (jobId: string) => (await my.store.readWork(jobId))?.sealedKeys;

  describe('the sealed keys of a server', () => {
    test('are available to each of its jobs, and no job changes them', async () => {
      const { server, job } = await buy(my.store);
      const sealed = `the keys of ${server.id}`;
      expect(await sealedOf(job.id)).toBe(sealed);
      await settle(my.store, job.id, made);
      const rebuilt = await rebuild(my.store, server.id);
      expect(await sealedOf(rebuilt.job.id)).toBe(sealed);
      await settle(my.store, rebuilt.job.id, abandoned);
      expect((await my.dump()).vpnKeys).toEqual([{ serverId: server.id, sealed }]);
    });

    test('stay for the retry if its create fails', async () => {
      const { job } = await buy(my.store);
      await settle(my.store, job.id, failed);
      expect((await my.dump()).vpnKeys).toHaveLength(1);
    });

    test('are deleted when its destroy settles, and the keys of other servers stay', async () => {
      const other = await buy(my.store);
      const { server, job } = await buy(my.store);
      await settle(my.store, job.id, made);
      const destroying = await destroy(my.store, server.id);
      expect(await sealedOf(destroying.job.id)).not.toBeNull();
      await settle(my.store, destroying.job.id, removed);
      expect((await my.dump()).vpnKeys.map(({ serverId }) => serverId)).toEqual([other.server.id]);
      expect(await sealedOf(destroying.job.id)).toBeNull();
    });

    test('are sampled with one row for each prefix', async () => {
      for (const sealed of ['a.1', 'a.2', 'b.3', 'b.4']) await buy(my.store, { sealNewKeys: () => sealed });
      const samples = await my.store.readSealedSamples(2);
      expect(samples.map(({ sealed }) => sealed.slice(0, 2)).sort()).toEqual(['a.', 'b.']);
    });

    test('are read page by page, and replaced only if they are still the same', async () => {
      const servers = [await buy(my.store), await buy(my.store), await buy(my.store)].map(({ server }) => server.id);
      const [first, ...rest] = await my.store.readSealed('', 10);
      expect([first, ...rest].map((row) => row?.serverId)).toEqual(servers.toSorted());
      const { serverId, sealed } = first ?? missing('row');
      expect(await my.store.readSealed(serverId, 1)).toEqual(rest.slice(0, 1));
      expect(await my.store.reseal([{ serverId, from: sealed, to: 'new' }])).toBe(1);
      expect(await my.store.reseal([{ serverId, from: sealed, to: 'newer' }])).toBe(0);
      expect((await my.store.readSealed('', 1))[0]?.sealed).toBe('new');
    });
  });
}
