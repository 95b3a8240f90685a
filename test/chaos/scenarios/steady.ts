import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import { watchSizes } from '../sizes.ts';
import { trade } from './trade.ts';

const mostLiving = 60;
/** So that V8 collects what is not needed any more, and keeps no pages in store: what grows then is held by somebody. */
const smallHeap = { NODE_OPTIONS: '--max-old-space-size=96 --max-semi-space-size=2' };

export const steady: Scenario = {
  id: 'steady',
  about:
    'purchases, rebuilds and destroys, three a second, for a third of the minutes that nemesis takes, and no harm at all: processes that are never restarted do not grow',
  runs: { full: 1, quick: 0 },
  setting: { apiEnv: smallHeap, workerEnv: smallHeap, simulatorEnv: { SIMULATOR_BOOT_SECONDS: '2' } },
  run: async (stage) => {
    const sizes = watchSizes(stage);
    const trading = trade(stage, 333, {
      ...{ mixed: true, most: mostLiving },
      // What is asked here is whether anything grows, and there is much to do.
      answerWithinMs: Number.POSITIVE_INFINITY,
    });
    await delay((stage.minutes / 3) * 60_000);
    await trading.stop();
    await sizes.stop();
  },
};
