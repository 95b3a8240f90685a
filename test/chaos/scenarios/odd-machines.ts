import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../wait.ts';
import { alertGauge, assertOver, untilAlert, untilCleared } from './alerts.ts';

/**
 * Two machines of one name are made, but never coexist: the first is removed before the second is ordered. Six silent
 * ones of the last ten would stop orders.
 */
const unusable: readonly Scenario[] = [
  { id: 'never-boots', about: 'pending', rule: { kind: 'boot', ms: null } },
  { id: 'no-address', about: 'without an address', rule: { kind: 'no-address' } },
].map(({ id, about, rule }) => ({
  id,
  about: `5 of 10 machines stay ${about} and are replaced (after 15 s here; after 10 min without BOOT_TIMEOUT_SECONDS)`,
  runs: { full: 1, quick: 0 },
  setting: { workerEnv: { BOOT_TIMEOUT_SECONDS: '15' } },
  promise: { mayDoubleForSeconds: 0, worstSeconds: 120 },
  run: async (stage) => {
    await stage.installation.cloud.addFaultRule({ ...rule, times: 5 });
    await allRun(stage, await buyMany(stage.installation, 10));
  },
}));

const vanishing: Scenario = {
  id: 'vanishing',
  about: 'machines vanish: 3 while they boot, 3 while they run',
  runs: { full: 1, quick: 0 },
  promise: { mayDoubleForSeconds: 0, namesMayDangle: true },
  run: async (stage) => {
    const { installation } = stage;
    const { cloud, shop } = installation;
    await cloud.addFaultRule({ kind: 'boot', ms: 30_000, times: 3 });
    const ids = await buyMany(stage.installation, 8);
    const booting = await until('three machines that boot', async () => {
      const found = (await cloud.machines()).filter(({ state }) => state === 'installing');
      return found.length === 3 && (await cloud.everMade()).length === 8 && found;
    });
    for (const machine of booting) await cloud.vanish(machine);
    // No absence proves that they are gone in the first two minutes.
    await allRun(stage, ids, 240_000);
    const lost = ids.slice(0, 3);
    for (const machine of await cloud.machines())
      if (lost.some((id) => machine.label.startsWith(`gf-${id}-`))) await cloud.vanish(machine);
    await untilAlert(installation, 'machine-missing', 120_000);
    if ((await alertGauge(installation, 'machine-missing')) !== 3)
      stage.broken('The metric of machine-missing is not 3.');
    for (const id of lost) await shop.rebuild(id);
    await untilCleared(installation, 'machine-missing');
    await assertOver(stage, 'machine-missing');
  },
};

export const oddMachines: readonly Scenario[] = [...unusable, vanishing];
