import { setTimeout as delay } from 'node:timers/promises';
import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { assertOver, untilAlert, untilCleared } from './alerts.ts';
import { longEnoughMs, unharmed } from './paid.ts';

const otherInstallation: Scenario = {
  id: 'other-installation',
  about: 'workers started with the INSTALLATION of another, a destroy and a rebuild asked for meanwhile',
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { shop, workers } = stage.installation;
    const [destroyed = '', ...rest] = await buyMany(stage.installation, 6);
    await allRun(stage, [destroyed, ...rest]);
    await unharmed(stage, rest, async () => {
      for (const worker of workers) await worker.stop();
      for (const worker of workers) await worker.start({ INSTALLATION: 'another' });
      await untilAlert(stage.installation, 'configuration');
      await shop.destroy(destroyed);
      await delay(longEnoughMs);
      if ((await shop.server(destroyed))?.status === 'destroyed')
        stage.broken('A machine out of reach was called gone.');
      for (const worker of workers) await worker.stop();
      for (const worker of workers) await worker.start({ INSTALLATION: 'chaos' });
    });
    await untilCleared(stage.installation, 'configuration');
    await assertOver(stage, 'configuration');
    await shop.until(destroyed, 'destroyed');
  },
};

const otherAccount: Scenario = {
  id: 'other-account',
  about: "started with another account's key, a destroy asked for meanwhile",
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { shop, cloud } = stage.installation;
    const [destroyed = '', ...rest] = await buyMany(stage.installation, 6);
    await allRun(stage, [destroyed, ...rest]);
    const answer = { kind: 'status', status: 200, times: null };
    const nothing = { instances: [], meta: { total: 0, links: { next: '', prev: '' } } };
    await unharmed(stage, rest, async () => {
      const account = { name: 'Somebody Else', email: 'else@example.com' };
      await cloud.spoil({ ...answer, operation: 'account', body: { account } });
      await cloud.spoil({ ...answer, operation: 'list', body: nothing });
      await cloud.spoil({ kind: 'status', status: 404, operation: 'get', times: null });
      await untilAlert(stage.installation, 'configuration');
      await shop.destroy(destroyed);
      await delay(longEnoughMs);
      if ((await shop.server(destroyed))?.status === 'destroyed')
        stage.broken('A machine out of reach was called gone.');
      await cloud.clearFaults();
    });
    await untilCleared(stage.installation, 'configuration');
    await assertOver(stage, 'configuration');
    await shop.until(destroyed, 'destroyed');
  },
};

export const misconfigured: readonly Scenario[] = [otherInstallation, otherAccount];
