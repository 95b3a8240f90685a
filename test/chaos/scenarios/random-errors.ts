import { setTimeout as delay } from 'node:timers/promises';
import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

const servers = 200;
/** Well below the span of all attempts of a create (about 8 minutes), so that no purchase fails. */
const faultMs = 120_000;

export const randomErrors: Scenario = {
  id: 'random-errors',
  about: `half of all calls fail for ${faultMs / 60_000} minutes, each in one of five ways, while mixed jobs run on ${servers} servers`,
  runs: { full: 1, quick: 0 },
  setting: { concurrency: 50 },
  promise: { idleWithinSeconds: 300, orphanSeconds: 300 },
  run: async (stage) => {
    const { cloud, shop } = stage.installation;
    const old = await buyMany(stage.installation, servers / 2);
    await allRun(stage, old, 240_000);
    const failedCalls = await failHalfOfCalls(stage);
    const young = await buyMany(stage.installation, servers / 2);
    const rebuilt = old.slice(0, 40).map((id) => shop.rebuild(id));
    const destroyed = [...old.slice(30, 70), ...young.slice(0, 20)].map((id) => shop.destroy(id));
    await Promise.all([...rebuilt, ...destroyed]);
    await delay(faultMs);
    stage.note(`${await failedCalls()} calls failed`);
    await cloud.clearFaultRules();
    await allRun(stage, young.slice(20), 300_000);
  },
};

/**
 * Adds five rules that each fail a tenth of all calls. The share of a rule applies to the calls that earlier rules did
 * not fail. Returns a function that counts the failed calls.
 */
async function failHalfOfCalls({ installation: { cloud } }: Stage): Promise<() => Promise<number>> {
  const kinds = [
    { kind: 'status', status: 500, when: 'before' },
    { kind: 'lost', when: 'before' },
    { kind: 'status', status: 502, when: 'after' },
    { kind: 'lost', when: 'after' },
    { kind: 'half-body' },
  ];
  const rules = kinds.map((rule, at) => ({ ...rule, operation: '*', times: null, share: 1 / (10 - at) }));
  const ids: string[] = [];
  for (const rule of rules) ids.push(await cloud.addFaultRule(rule));
  return async () => {
    let sum = 0;
    for (const id of ids) sum += await cloud.timesInjected(id);
    return sum;
  };
}
