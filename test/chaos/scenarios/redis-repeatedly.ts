import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { untilNextRuns } from './redis-away.ts';
import { trade } from './trade.ts';

export const promise = { worstSeconds: 5 };
export const forMs = 20_000;

/** Injects the fault again and again for 20 s, while jobs of all kinds run and new machines are listed late. */
export function repeatedly(
  scenario: Pick<Scenario, 'id' | 'about' | 'runs' | 'setting' | 'promise'>,
  inject: (stage: Stage) => Promise<void>,
): Scenario {
  return {
    ...scenario,
    promise: { ...promise, ...scenario.promise },
    run: async (stage) => {
      await listLate(stage);
      const trading = trade(stage, 700, { mixed: true });
      const endsAt = performance.now() + forMs;
      while (performance.now() < endsAt) await inject(stage);
      await untilNextRuns(stage);
      await trading.stop();
    },
  };
}

/**
 * 8 s is within the driver's `listLagMs`, and long enough for a listing to miss a machine that another run has ordered.
 */
export async function listLate({ installation }: Stage): Promise<void> {
  await installation.cloud.addFaultRule({ id: 'late', kind: 'late-list', ms: 8_000, share: 0.5, times: null });
}
