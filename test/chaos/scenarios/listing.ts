import { setTimeout as delay } from 'node:timers/promises';
import { rowsOf } from '../database.ts';
import type { Installation } from '../installation.ts';
import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';
import { assertOver, untilAlert, untilCleared } from './alerts.ts';
import { expectKept, twoInventoryPassesMs } from './kept-machines.ts';
import { nameOf } from './life.ts';

export const failingListing: Scenario = {
  id: 'listing-fails',
  about:
    'the listing is refused, is not JSON or is cut off; then it lacks all machines but one, while a replaced machine cannot be removed',
  runs: { full: 1, quick: 0 },
  promise: { idleWithinSeconds: 300, orphanSeconds: 300 },
  run: async (stage) => {
    const { installation } = stage;
    const ids = await buyMany(installation, 6);
    await allRun(stage, ids);
    await expectKept(stage, ids.slice(1), async () => {
      await failListings(stage);
      await hideMost(stage, ids);
    });
    for (const kind of ['provider', 'machine-missing']) await assertOver(stage, kind);
    stage.note('no machine lost, and none recorded as gone');
  },
};

const always = { operation: 'list', times: null };

async function failListings({ installation }: Stage): Promise<void> {
  const { cloud } = installation;
  await cloud.addFaultRule({ ...always, kind: 'status', status: 503, share: 1 / 3 });
  await cloud.addFaultRule({ ...always, kind: 'garbage', share: 1 / 2 });
  await cloud.addFaultRule({ ...always, kind: 'half-body' });
  await untilAlert(installation, 'provider');
  await delay(twoInventoryPassesMs);
  await cloud.clearFaultRules();
  await untilCleared(installation, 'provider');
}

/**
 * A listing by the name of the replaced machine stays correct. The service makes one before it records a machine as
 * gone.
 */
async function hideMost({ installation, broken }: Stage, ids: readonly string[]): Promise<void> {
  const { cloud, shop } = installation;
  const [rebuilt = '', kept = ''] = ids;
  const label = nameOf(rebuilt, { generation: 1 });
  await cloud.addFaultRule({ kind: 'status', status: 500, operation: 'delete', times: null, match: { label } });
  await shop.rebuild(rebuilt);
  await until('the rebuild', async () => (await shop.server(rebuilt))?.generation === 2);
  await shop.until(rebuilt, 'running');
  await cloud.addFaultRule({
    ...always,
    kind: 'status',
    status: 200,
    match: { label },
    body: await listed(installation, label),
  });
  const body = await listed(installation, nameOf(kept, { generation: 1 }));
  const hiding = await cloud.addFaultRule({ ...always, kind: 'status', status: 200, body });
  await untilAlert(installation, 'machine-missing');
  await delay(twoInventoryPassesMs);
  if ((await cloud.timesInjected(hiding)) === 0) broken('The listing without most machines was never returned.');
  for (const message of await wronglyGone(installation)) broken(message);
  await cloud.clearFaultRules();
  await untilCleared(installation, 'machine-missing');
}

/** Vultr's listing of this machine only. */
async function listed({ simulatorUrl }: Installation, label: string): Promise<unknown> {
  const headers = { authorization: 'Bearer simulator' };
  return (await fetch(`${simulatorUrl}/v2/instances?label=${label}`, { headers })).json();
}

async function wronglyGone(installation: Installation): Promise<string[]> {
  const [{ machines }, present] = [await rowsOf(installation), await installation.cloud.machines()];
  const gone = machines.filter(
    ({ state, providerId }) => state === 'gone' && present.some(({ id }) => id === providerId),
  );
  return gone.map(({ name }) => `${name} is recorded as gone, but exists at the cloud.`);
}
