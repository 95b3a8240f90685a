import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import { watchSizes } from '../sizes.ts';
import { trade } from './trade.ts';

const mostLiving = 60;
/** With a small heap, V8 collects garbage early and keeps few free pages. So any growth is memory in use. */
const smallHeap = { NODE_OPTIONS: '--max-old-space-size=96 --max-semi-space-size=2' };

export const steady: Scenario = {
  id: 'steady',
  about:
    'purchases, rebuilds and destroys, three a second, for a third of the minutes of nemesis, without any fault: processes that are never restarted do not grow',
  runs: { full: 1, quick: 0 },
  setting: { apiEnv: smallHeap, workerEnv: smallHeap, simulatorEnv: { SIMULATOR_BOOT_SECONDS: '2' } },
  run: async (stage) => {
    const sizes = watchSizes(stage);
    const trading = trade(stage, 333, {
      mixed: true,
      most: mostLiving,
      // This scenario is about growth, and the load is high.
      answerWithinMs: Number.POSITIVE_INFINITY,
    });
    await delay((stage.minutes / 3) * 60_000);
    await trading.stop();
    await sizes.stop();
  },
};
