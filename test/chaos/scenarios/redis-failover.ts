import { setTimeout as delay } from 'node:timers/promises';
import { whyNoRedisProcess } from '../../redis-process.ts';
import type { SentinelGroup } from '../../sentinels.ts';
import type { Scenario } from '../scenario.ts';
import { untilNextRuns } from './redis-away.ts';
import { listLate } from './redis-repeatedly.ts';
import { trade } from './trade.ts';

/** Redis fails over to a replica during trade. The recovery is the time until a purchase after the fault runs. */
const failover = (
  scenario: Pick<Scenario, 'id' | 'about' | 'runs' | 'promise'>,
  fail: (group: SentinelGroup) => Promise<void>,
): Scenario => ({
  ...scenario,
  skipReason: whyNoRedisProcess,
  setting: { sentinels: true },
  run: async (stage) => {
    const { sentinels } = stage.installation;
    if (!sentinels) throw new Error('The installation has no Sentinels.');
    await listLate(stage);
    const trading = trade(stage, 300, { mixed: true });
    await delay(3_000);
    const { port } = sentinels;
    await fail(sentinels);
    await untilNextRuns(stage);
    await sentinels.untilPrimaryIsNot(port);
    sentinels.resume();
    await sentinels.restart();
    await sentinels.untilWhole();
    await delay(3_000);
    await trading.stop();
  },
});

const killed = failover(
  {
    id: 'redis-failover-killed',
    about: 'the primary of three Sentinels is killed during trade, and comes back as a replica',
    runs: { full: 3, quick: 1 },
    promise: { worstSeconds: 15 },
  },
  (group) => group.kill9(),
);

/** Its connections stay open and silent, until each process ends them itself. */
const frozen = failover(
  {
    id: 'redis-failover-frozen',
    about:
      'the primary of three Sentinels answers no command any more during trade (SIGSTOP), and comes back as a replica',
    runs: { full: 3, quick: 0 },
    promise: { worstSeconds: 35 },
  },
  async (group) => group.pause(),
);

const ordered = failover(
  {
    id: 'redis-failover-ordered',
    about: 'an operator orders a failover of three Sentinels during trade; the old primary stays as a replica',
    runs: { full: 3, quick: 0 },
    promise: { worstSeconds: 15 },
  },
  (group) => group.failOver(),
);

export const redisFailovers: readonly Scenario[] = [killed, frozen, ordered];
