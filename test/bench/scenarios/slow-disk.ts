import { drainOurs } from '../drain.ts';
import type { Measure } from '../measure.ts';
import { startOurApi } from '../ours.ts';
import { withRig } from '../rig.ts';
import type { Scenario } from '../scenario.ts';
import { buildSlowDisk, type SlowDisk } from '../slow-disk.ts';
import { acceptOverHttp, ours } from './accept.ts';
import { drainOptions } from './drain.ts';

/** The same work on a disk whose fsync takes 2 or 10 ms longer. */
export const slowDisk: Scenario = {
  name: 'slow-disk',
  about: 'accept and drain while every fsync of our process takes 2 or 10 ms longer, to the same without a delay',
  passes: 1,
  run: async ({ note, postgres }) => {
    if (postgres) {
      note('slow-disk is skipped: the disk of Postgres is not slowed down.');
      return [];
    }
    return withRig(null, async ({ folder }) => {
      const slow = buildSlowDisk(folder);
      if (typeof slow !== 'string') return [...(await accepts(slow)), ...(await drains(slow))];
      note(`slow-disk is skipped: ${slow}.`);
      return [];
    });
  },
};

async function accepts(slow: SlowDisk): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const ms of [0, 2, 10]) {
    const accepted = await withRig(null, async (rig) =>
      acceptOverHttp(rig, ours(rig, await startOurApi(rig, slow(ms)))),
    );
    measures.push({ ...accepted, scenario: 'slow-disk', figure: `accept, fsync ${ms} ms slower`, unit: '/s' });
  }
  return withRatios(measures);
}

async function drains(slow: SlowDisk): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const ms of [0, 2]) {
    const options = { ...drainOptions, count: 1_000, env: slow(ms) };
    const { seconds: _, ...drained } = await withRig(null, (rig) => drainOurs(rig, options));
    measures.push({ ...drained, scenario: 'slow-disk', figure: `drain, fsync ${ms} ms slower`, unit: '/s' });
  }
  return withRatios(measures);
}

function withRatios(measures: readonly Measure[]): Measure[] {
  const [fast, ...slower] = measures;
  const ratios = slower.map(
    ({ figure, value, othersShare = 0 }): Measure => ({
      scenario: 'slow-disk',
      figure: `${figure}, to the fast disk`,
      contestant: 'ours',
      value: value / (fast?.value ?? 1),
      unit: 'ratio',
      othersShare,
    }),
  );
  return [...measures, ...ratios];
}
