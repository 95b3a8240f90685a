import { describe, expect, test } from 'vitest';
import { orderingSetting } from '#db/settings.ts';
import type { SilentMachine } from '#db/tables.ts';
import type { Dialect } from '../dialects.ts';
import { at, buy, failed, made, rebuild, running, settle, useFixture } from './fixture.ts';

export function ordering(dialect: Dialect): void {
  const my = useFixture(dialect);
  let count = 0;
  const silent = (jobId: string, seconds: number): SilentMachine => {
    count += 1;
    return { provider: 'simulator', providerId: `vps-${count}`, jobId, silentAt: at(seconds) };
  };
  const record = (...machines: SilentMachine[]) => my.store.recordSilent(machines, at(-1_000));
  const share = async (last = 10) => (await my.store.readSilence('simulator', last)).share;

  describe('machines that never answered', () => {
    test('count for each released job, whichever process recorded them', async () => {
      const { job, server } = await buy(my.store);
      const other = await buy(my.store);
      await record(silent(job.id, 10), silent(other.job.id, 11));
      await (await my.another()).recordSilent([silent(job.id, 12)], at(-1_000));
      const { jobs } = await my.store.readSilence('simulator', 10);
      expect(jobs).toContainEqual({ jobId: job.id, serverId: server.id, count: 2 });
      expect(jobs).toHaveLength(2);
      await settle(my.store, other.job.id, failed);
      expect((await my.store.readSilence('simulator', 10)).jobs).toHaveLength(1);
    });

    test('count once, however often they are recorded', async () => {
      const { job } = await buy(my.store);
      const machine = silent(job.id, 10);
      await record(machine);
      await record(machine, silent(job.id, 11));
      expect((await my.store.readSilence('simulator', 10)).jobs.map((one) => one.count)).toEqual([2]);
    });

    test('share the last places with the creates and rebuilds that succeeded, by time', async () => {
      const { job } = await buy(my.store);
      await record(silent(job.id, 10), silent(job.id, 20), silent(job.id, 70));
      expect(await share()).toBe(3);
      const server = await running(my.store);
      expect(await share(3)).toBe(2);
      await settle(my.store, (await rebuild(my.store, server.id)).job.id, made, { now: at(80) });
      expect(await share(3)).toBe(1);
      expect(await share(4)).toBe(2);
    });

    test('count only where they were ordered, and machines elsewhere prove nothing', async () => {
      const elsewhere = await buy(my.store, { provider: 'vultr' });
      await settle(my.store, elsewhere.job.id, made, { now: at(90) });
      const { job } = await buy(my.store);
      await record(silent(job.id, 10), { ...silent(job.id, 11), provider: 'vultr' });
      expect(await share(1)).toBe(1);
      expect(await my.store.readSilence('simulator', 10)).toMatchObject({ share: 1, jobs: [{ count: 1 }] });
    });

    test('do not count from before an operator resumed orders', async () => {
      const { job } = await buy(my.store);
      await record(silent(job.id, 10), silent(job.id, 20));
      await my.store.putSetting(orderingSetting, { resumedBy: 'boss' }, at(15));
      expect(await my.store.readSilence('simulator', 10)).toMatchObject({ share: 1, jobs: [{ count: 1 }] });
    });

    test('are forgotten once they are too old', async () => {
      const { job } = await buy(my.store);
      await record(silent(job.id, 10));
      const newer = silent(job.id, 50);
      await my.store.recordSilent([newer], at(20));
      expect((await my.dump()).silentMachines).toEqual([newer]);
    });
  });
}
