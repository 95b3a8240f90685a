import { untilDone } from '../drain.ts';
import { peakMemoryMb } from '../machine.ts';
import type { Measure } from '../measure.ts';
import { ourCounts, startEngine, stopWithReport } from '../ours.ts';
import { type Rig, withRig } from '../rig.ts';
import { openRows } from '../rows.ts';
import { seedInBulk } from '../scale.ts';
import type { Scenario } from '../scenario.ts';
import { openWindow } from '../window.ts';

const backlogs = [1_000, 10_000, 100_000];
const largeBacklog = 1_000_000;
/** Jobs before the window opens. */
const warmJobs = 100;
/** Enough for some seconds, since the first sweep of a process looks at the whole backlog. */
const mostJobs = 10_000;
const withinMs = 10_000;
const concurrency = 100;

/** The rate, the memory and the longest block of one worker, by how many jobs wait. */
export const scale: Scenario = {
  name: 'scale',
  about: 'one worker takes up to 10,000 of 1,000, 10,000 and 100,000 jobs that wait, for at most 10 s (SQLite)',
  passes: 1,
  run: async ({ large, note, postgres }) => {
    if (postgres) note('scale is skipped: it writes its rows in bulk into SQLite.');
    const counts = postgres ? [] : [...backlogs, ...(large ? [largeBacklog] : [])];
    const rates: Measure[] = [];
    const blocks: Measure[] = [];
    for (const waiting of counts) {
      const { rate, block } = await withRig(null, (rig) => drainSome(rig, waiting));
      rates.push(rate);
      blocks.push(block);
    }
    return [...rates, ...blocks, ...toSmallest(rates)];
  },
};

async function drainSome(rig: Rig, waiting: number): Promise<{ rate: Measure; block: Measure }> {
  await seedInBulk(rig, waiting);
  const rows = openRows(rig.databaseUrl);
  const program = await startEngine(rig, { workMs: 0, handshakes: false, concurrency });
  const opened = await untilDone(rows, ourCounts, { count: warmJobs, withinMs: 30_000 });
  const close = openWindow({ own: [program.pid], redis: rig.redis.pid });
  const count = Math.min(Math.floor(waiting * 0.9), mostJobs);
  const done = await untilDone(rows, ourCounts, { count, withinMs });
  const { seconds, cpuSeconds, redisCpuSeconds, othersShare } = close();
  const memoryMb = peakMemoryMb(program.pid);
  const report = await stopWithReport(program);
  const lost = waiting - (await rows.count('SELECT count(*) AS n FROM jobs'));
  await rows.close();
  const jobs = Math.max(1, done - opened);
  const shown = waiting.toLocaleString('en-US');
  const rest = { scenario: 'scale', contestant: 'ours', othersShare } as const;
  return {
    rate: {
      ...rest,
      figure: `drain at ${shown} waiting`,
      value: jobs / seconds,
      unit: '/s',
      cpuPer10k: (cpuSeconds / jobs) * 10_000,
      redisCpuPer10k: (redisCpuSeconds / jobs) * 10_000,
      memoryMb,
      lost,
      doubled: report.doubled,
    },
    block: { ...rest, figure: `longest block at ${shown} waiting`, value: report.blockMs, unit: 'ms' },
  };
}

function toSmallest([smallest, ...larger]: readonly Measure[]): Measure[] {
  if (!smallest) return [];
  return larger.map(({ figure, value, othersShare = 0 }) => ({
    scenario: 'scale',
    figure: `${figure}, to 1,000`,
    contestant: 'ours',
    value: value / smallest.value,
    unit: 'ratio',
    othersShare,
  }));
}
