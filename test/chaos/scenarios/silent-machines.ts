import { setTimeout as delay } from 'node:timers/promises';
import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { assertOver, untilAlert, untilCleared } from './alerts.ts';

const workerEnv = { BOOT_TIMEOUT_SECONDS: '15' };

/** The kernel permits no broadcast, so no packet leaves. An empty variable means the simulator. */
const nowhere = '255.255.255.255:51820';

const blocked: Scenario = {
  id: 'probe-blocked',
  about: 'no worker can send a handshake, as behind a firewall; 5 purchases at once; it is corrected after a minute',
  runs: { full: 1, quick: 0 },
  setting: { workerEnv },
  run: async (stage) => {
    const { installation } = stage;
    const { workers, cloud } = installation;
    for (const worker of workers) await worker.stop();
    for (const worker of workers) await worker.start({ VPN_PROBE_AT: nowhere });
    const ids = await buyMany(installation, 5);
    await untilAlert(installation, 'vpn-probe-blocked');
    await delay(60_000);
    for (const worker of workers) await worker.stop();
    for (const worker of workers) await worker.start({ VPN_PROBE_AT: '' });
    await allRun(stage, ids);
    const made = (await cloud.everMade()).filter(({ label }) => ids.some((id) => label.startsWith(`gf-${id}-`)));
    if (made.length !== ids.length) stage.broken(`${made.length} machines were made for ${ids.length} purchases.`);
    await untilCleared(installation, 'vpn-probe-blocked');
    await assertOver(stage, 'vpn-probe-blocked');
  },
};

/** Three of each job, until the sixth of all stops the others; a few may be on their way at that moment. */
const mostMachines = 9;

const silent: Scenario = {
  id: 'never-answers',
  about: 'no new machine answers; 3 purchases at once; orders stop, and an operator resumes them when machines answer',
  runs: { full: 1, quick: 0 },
  setting: { workerEnv },
  promise: { mayDoubleForSeconds: 0 },
  run: async (stage) => {
    const { installation } = stage;
    const { shop, cloud } = installation;
    await cloud.addFaultRule({ kind: 'vpn', ms: null, times: null });
    const ids = await buyMany(installation, 3);
    await untilAlert(installation, 'ordering-stopped', 180_000);
    const made = async () =>
      (await cloud.everMade()).filter(({ label }) => ids.some((id) => label.startsWith(`gf-${id}-`))).length;
    await delay(90_000);
    const stoppedAt = await made();
    if (stoppedAt > mostMachines) stage.broken(`${stoppedAt} machines were made for ${ids.length} purchases.`);
    await cloud.clearFaultRules();
    await delay(30_000);
    if ((await made()) !== stoppedAt) stage.broken('A machine was ordered before an operator resumed orders.');
    await shop.post('/v1/ordering/resume', {});
    await allRun(stage, ids);
    await untilCleared(installation, 'ordering-stopped');
    await assertOver(stage, 'ordering-stopped');
  },
};

export const silentMachines: readonly Scenario[] = [blocked, silent];
