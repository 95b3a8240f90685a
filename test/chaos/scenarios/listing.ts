import { setTimeout as delay } from 'node:timers/promises';
import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { assertOver, untilAlert, untilCleared } from './alerts.ts';
import { longEnoughMs, unharmed } from './paid.ts';

export const failingListing: Scenario = {
  id: 'listing-fails',
  about: 'for a minute the listing is refused, is no JSON, ends in the middle, or lacks most machines',
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { cloud } = stage.installation;
    const ids = await buyMany(stage.installation, 6);
    await allRun(stage, ids);
    const [one] = await cloud.machines();
    const body = { instances: [], meta: { total: 6, links: { next: '', prev: '' } } };
    const fault = { operation: 'list', times: null };
    await unharmed(stage, ids, async () => {
      await cloud.spoil({ ...fault, kind: 'status', status: 503, share: 0.25 });
      await cloud.spoil({ ...fault, kind: 'garbage', share: 0.3 });
      await cloud.spoil({ ...fault, kind: 'half-body', share: 0.5 });
      await cloud.spoil({ ...fault, kind: 'status', status: 200, body, when: 'after' });
      await untilAlert(stage.installation, 'provider');
      await delay(longEnoughMs);
      await cloud.clearFaults();
    });
    await untilCleared(stage.installation, 'provider');
    await assertOver(stage, 'provider');
    stage.note(one ? 'no machine lost' : '');
  },
};
