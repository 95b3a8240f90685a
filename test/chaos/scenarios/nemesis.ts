import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import { watchSizes } from '../sizes.ts';
import type { Stage } from '../stage.ts';
import { faults } from './faults.ts';
import { trade } from './trade.ts';

const mostLiving = 60;

export const nemesis: Scenario = {
  id: 'nemesis',
  about:
    'purchases, rebuilds and destroys for 30 minutes (--minutes), with a random fault every 5 to 15 s: kills, freezes, FLUSHALL, a killed Redis, cut connections, a locked database, restarts, and all faults of the provider',
  runs: { full: 1, quick: 0 },
  promise: { idleWithinSeconds: 240, orphanSeconds: 240 },
  run: async (stage) => {
    const endsAt = performance.now() + stage.minutes * 60_000;
    const isOver = () => performance.now() > endsAt;
    const sizes = watchSizes(stage);
    // No limit, because a locked database or a killed API delays answers.
    const trading = trade(stage, 1_000, { mixed: true, most: mostLiving, answerWithinMs: Number.POSITIVE_INFINITY });
    await injectFaults(stage, isOver);
    await trading.stop();
    await stage.installation.heal();
    await sizes.stop();
  },
};

async function injectFaults(stage: Stage, isOver: () => boolean): Promise<void> {
  const { installation, note, broken } = stage;
  let [count, failed] = [0, 0];
  while (!isOver()) {
    // Each fault has its own random numbers, so that a fault that fails does not change the next one.
    const random = stage.random.fork(`fault/${count}`);
    const next = delay(random.between(5_000, 15_000));
    await random
      .pick(faults)(installation, random)
      .catch(async (error: unknown) => {
        failed++;
        note(`a fault failed: ${error instanceof Error ? error.message : error}`);
        await installation.heal();
      });
    count++;
    await next;
  }
  note(`${count} faults`);
  if (failed > count / 5) broken(`${failed} of ${count} faults could not be injected.`);
}
