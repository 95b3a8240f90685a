import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { AlertKind } from '#queues/alerts/alert.ts';
import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { assertOver, untilAlert, untilCleared } from './alerts.ts';
import { twoInventoryPassesMs } from './kept-machines.ts';

const otherInstallation: Scenario = {
  id: 'other-installation',
  about: 'workers are started with another INSTALLATION; a purchase, a rebuild and a destroy are requested meanwhile',
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { workers } = stage.installation;
    await misconfigure(stage, 'no-worker', async (trade) => {
      for (const worker of workers) await worker.stop();
      const starting = Promise.allSettled(workers.map((worker) => worker.start({ INSTALLATION: 'another' })));
      await trade();
      // Each worker exits and is restarted until the time limit for its start is over.
      const started = await starting;
      if (started.some(({ status }) => status === 'fulfilled'))
        stage.broken('A worker started with another INSTALLATION.');
      return async () => {
        for (const worker of workers) await worker.stop();
        for (const worker of workers) await worker.start({ INSTALLATION: 'chaos' });
      };
    });
  },
};

const otherAccount: Scenario = {
  id: 'other-account',
  about:
    'workers are started with the key of another account; a purchase, a rebuild and a destroy are requested meanwhile',
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { cloud, workers } = stage.installation;
    const answer = { kind: 'status', status: 200, times: null };
    const nothing = { instances: [], meta: { total: 0, links: { next: '', prev: '' } } };
    await misconfigure(stage, 'configuration', async (trade) => {
      const account = { name: 'Somebody Else', email: 'else@example.com' };
      for (const worker of workers) await worker.stop();
      await cloud.addFaultRule({ ...answer, operation: 'account', body: { account } });
      await cloud.addFaultRule({ ...answer, operation: 'list', body: nothing });
      await cloud.addFaultRule({ kind: 'status', status: 404, operation: 'get', times: null });
      for (const worker of workers) await worker.start();
      await trade();
      await delay(twoInventoryPassesMs);
      return async () => {
        for (const worker of workers) await worker.stop();
        await cloud.clearFaultRules();
        for (const worker of workers) await worker.start();
      };
    });
  },
};

export const misconfigured: readonly Scenario[] = [otherInstallation, otherAccount];

/**
 * Runs six servers and calls `breakConfiguration`. That misconfigures the workers, calls `trade`, and returns a
 * function that restores the configuration. Until then no machine may be made, removed or recorded as gone, and one
 * alert is raised. Afterwards all commands must take effect.
 */
async function misconfigure(
  stage: Stage,
  alert: AlertKind,
  breakConfiguration: (trade: () => Promise<void>) => Promise<() => Promise<void>>,
): Promise<void> {
  const { shop, cloud } = stage.installation;
  const [destroyed = '', rebuilt = '', ...rest] = await buyMany(stage.installation, 6);
  await allRun(stage, [destroyed, rebuilt, ...rest]);
  const before = await cloud.machines();
  let bought: string[] = [];
  const restore = await breakConfiguration(async () => {
    await untilAlert(stage.installation, alert);
    await Promise.all([shop.destroy(destroyed), shop.rebuild(rebuilt)]);
    bought = await buyMany(stage.installation, 2);
  });
  const after = await cloud.machines();
  if (!isDeepStrictEqual(after, before)) stage.broken('Machines were made or removed during the misconfiguration.');
  if ((await shop.server(destroyed))?.status === 'destroyed')
    stage.broken('A machine in an account without access was recorded as gone.');
  await restore();
  await untilCleared(stage.installation, alert);
  await assertOver(stage, alert);
  await shop.until(destroyed, 'destroyed');
  await allRun(stage, [...bought, rebuilt, ...rest]);
}
