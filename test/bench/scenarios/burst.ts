import { type Drained, drainByHand, drainInPython, drainOurs } from '../drain.ts';
import type { Measure } from '../measure.ts';
import { pythonFor } from '../peers.ts';
import { withRig } from '../rig.ts';
import type { Scenario } from '../scenario.ts';
import { drainOptions } from './drain.ts';

/** Jobs that wait for a slow cloud, all at the same time. */
export const burst: Scenario = {
  name: 'burst',
  about:
    '1,000 creates whose order takes 1 s, and 5,000 with --large, all at the same time: the time until the last is done',
  passes: 1,
  run: async ({ postgres, large }) => {
    const measures: Measure[] = [];
    for (const count of large ? [1_000, 5_000] : [1_000]) {
      const options = { ...drainOptions, count, concurrency: count, workMs: 1_000, warmShare: 0 };
      const timed = (drained: Drained): Measure => toTime(drained, count);
      measures.push(timed(await withRig(postgres, (rig) => drainOurs(rig, options))));
      measures.push(timed(await withRig(null, (rig) => drainByHand(rig, options))));
      // 5,000 threads are more than these peers were made for.
      for (const peer of count > 1_000 ? [] : (['tuned', 'naive'] as const))
        if (pythonFor(peer)) measures.push(timed(await withRig(null, (rig) => drainInPython(rig, peer, options))));
    }
    return measures;
  },
};

function toTime({ seconds, ...drained }: Drained, count: number): Measure {
  const figure = `${count.toLocaleString('en-US')} jobs of 1 s`;
  return { ...drained, scenario: 'burst', figure, value: seconds, unit: 's' };
}
