import { setTimeout as delay } from 'node:timers/promises';
import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../wait.ts';
import { untilAlert, untilCleared } from './alerts.ts';
import { doublesOver } from './doubles.ts';

/** Longer than the driver's `listLagMs`, and shorter than its `shownWithinMs`. */
const hiddenForMs = 60_000;

const late: Scenario = {
  id: 'listed-late',
  about: 'for 60 s new machines are missing from listings, and a read by their id gets 404; 20 purchases at once',
  runs: { full: 1, quick: 0 },
  promise: { worstSeconds: 90 },
  run: async (stage) => {
    const { cloud } = stage.installation;
    await cloud.addFaultRule({ kind: 'late-list', ms: hiddenForMs, times: null });
    await cloud.addFaultRule({ kind: 'status', status: 404, operation: 'get', times: null });
    const ids = await buyMany(stage.installation, 20);
    await delay(hiddenForMs);
    await cloud.clearFaultRules();
    await allRun(stage, ids);
    const made = (await cloud.everMade()).filter(({ label }) => ids.some((id) => label.startsWith(`gf-${id}-`)));
    if (made.length !== ids.length) stage.broken(`${made.length} machines were made for ${ids.length} purchases.`);
  },
};

/** 30 s is longer than the driver's `listLagMs` of 10 s. So doubles may occur, but must not stay. */
const lateAndLost: Scenario = {
  id: 'listed-late-lost',
  about: 'an order makes a machine that no listing shows for 30 s, and its answer is lost; 10 purchases at once',
  runs: { full: 1, quick: 0 },
  promise: { mayDoubleForSeconds: 90, worstSeconds: 90, idleWithinSeconds: 180 },
  run: async (stage) => {
    const { cloud } = stage.installation;
    await cloud.addFaultRule({ kind: 'late-list', ms: 30_000, times: 10 });
    await cloud.addFaultRule({ kind: 'lost', operation: 'create', times: 10 });
    await allRun(stage, await buyMany(stage.installation, 10));
    const doubled = await until('the removal of all doubles', async () => doublesOver(stage), 180_000);
    stage.note(`${doubled.length} doubles, the last paid for ${(Math.max(...doubled) / 1000).toFixed(0)} s`);
  },
};

const pages: Scenario = {
  id: 'fourth-page',
  about:
    'orders are not answered, in an account with 350 unknown machines on seven pages (Hetzner); the new machines are adopted, and no unknown one is removed; 20 purchases at once',
  runs: { full: 1, quick: 0 },
  setting: { cloud: 'hetzner' },
  promise: { worstSeconds: 90 },
  run: async (stage) => {
    const { cloud } = stage.installation;
    const strangers = Array.from({ length: 350 }, (_, at) => ({
      label: `gf-lost${at}-1`,
      cloud: 'hetzner' as const,
      region: 'fsn1',
      plan: 'cx23',
      tags: ['ghostifi-installation=chaos', `ghostifi-server=lost${at}`],
    }));
    const planted = await cloud.plant(strangers);
    await cloud.addFaultRule({ kind: 'lost', operation: 'create', times: 20 });
    await allRun(stage, await buyMany(stage.installation, 20, 'fsn1'));
    await untilAlert(stage.installation, 'unknown-machine');
    const keys = new Set(planted.map(({ key }) => key));
    const left = (await cloud.machines()).filter(({ key }) => keys.has(key));
    if (left.length < planted.length) stage.broken(`${planted.length - left.length} unknown machines were removed.`);
    for (const machine of planted) await cloud.vanish(machine);
    await untilCleared(stage.installation, 'unknown-machine');
  },
};

export const oddListings: readonly Scenario[] = [late, lateAndLost, pages];
