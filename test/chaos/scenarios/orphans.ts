import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';
import { alertGauge, alertsOf, assertOver, untilCleared } from './alerts.ts';
import { allExist, twoInventoryPassesMs } from './kept-machines.ts';

const shared: Scenario = {
  id: 'shared-account',
  about:
    'the account also has machines of chaos-2 and of another installation called chaos; then an operator removes one machine by its name',
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { installation } = stage;
    const { cloud, shop } = installation;
    await allRun(stage, await buyMany(stage.installation, 4));
    const others = await cloud.plant(strangers('chaos-2', 4));
    const namesakes = await cloud.plant(strangers('chaos', 3));
    await until('three unknown machines', async () => (await alertsOf(installation, 'unknown-machine')) === 3, 90_000);
    if ((await alertGauge(installation, 'unknown-machine')) !== 3)
      stage.broken('The metric of unknown-machine is not 3.');
    await delay(twoInventoryPassesMs);
    const [named, misnamed, unnamed] = namesakes;
    if (!named || !misnamed || !unnamed) throw new Error('The simulator planted fewer than three machines.');
    await shop.removeMachine(named.id, named.label);
    const refused = await shop.post(`/v1/machines/${misnamed.id}/remove`, { name: named.label });
    if (refused.status !== 422) stage.broken(`A removal with another machine's name was answered ${refused.status}.`);
    await until('the removal of a machine', async () => !(await allExist(installation, [named])), 60_000);
    await delay(twoInventoryPassesMs);
    if (!(await allExist(installation, [...others, misnamed, unnamed])))
      stage.broken('A machine of another installation was removed.');
    for (const machine of [...others, misnamed, unnamed]) await cloud.vanish(machine);
    await untilCleared(installation, 'unknown-machine');
    await assertOver(stage, 'unknown-machine');
  },
};

const removable: Scenario = {
  id: 'orphans',
  about:
    'machines that the service may remove by itself: late ones of a destroyed server or of a replaced machine that is gone, and doubles of a current machine',
  runs: { full: 1, quick: 0 },
  promise: { worstSeconds: 120, mayDoubleForSeconds: 120 },
  run: async (stage) => {
    const { cloud, shop } = stage.installation;
    const [destroyed = '', rebuilt = '', ...rest] = await buyMany(stage.installation, 6);
    await allRun(stage, [destroyed, rebuilt, ...rest]);
    await Promise.all([shop.destroy(destroyed), shop.rebuild(rebuilt)]);
    await shop.until(destroyed, 'destroyed');
    await until('the end of the retire', () => hasRetired(stage, rebuilt));
    const named = [destroyed, destroyed, destroyed, rebuilt, ...rest, ...rest];
    const plantedAt = Date.now();
    const planted = await cloud.plant(named.map((id) => machineOf(id)));
    for (const machine of planted) {
      await until('the removal of a machine', async () => !(await allExist(stage.installation, [machine])), 180_000);
      stage.recovered(Date.now() - plantedAt);
    }
    if ((await cloud.machines()).length !== rest.length + 1)
      stage.broken('The orphans are not the only machines that were removed.');
  },
};

export const orphans: readonly Scenario[] = [shared, removable];

/** Whether the server's first machine is verified gone. */
async function hasRetired({ installation: { shop } }: Stage, serverId: string): Promise<boolean> {
  const { body } = await shop.get(`/v1/jobs?server=${serverId}&kind=retire&state=succeeded`);
  return z.object({ items: z.array(z.unknown()) }).parse(body).items.length === 1;
}

function machineOf(serverId: string) {
  return { label: `gf-${serverId}-1`, tags: ['ghostifi:chaos', `ghostifi:chaos:${serverId}`] };
}

function strangers(installation: string, count: number) {
  return Array.from({ length: count }, (_, at) => {
    const serverId = `theirs${count}x${at}`;
    return {
      label: `gf-${serverId}-1`,
      tags: [`ghostifi:${installation}`, `ghostifi:${installation}:${serverId}`],
    };
  });
}
