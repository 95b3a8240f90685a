import { setTimeout as delay } from 'node:timers/promises';
import { drainOurs } from '../drain.ts';
import { peakMemoryMb } from '../machine.ts';
import type { Measure } from '../measure.ts';
import { ourCounts, startEngine, stopWithReport } from '../ours.ts';
import { countCommands, sumOf } from '../redis-commands.ts';
import { type Rig, withRig } from '../rig.ts';
import { openRows } from '../rows.ts';
import type { Scenario } from '../scenario.ts';
import { seed } from '../seed.ts';
import { drainOptions } from './drain.ts';

/** Several worker processes on one machine, and one with thousands of slow jobs. */
export const workers: Scenario = {
  name: 'workers',
  about: 'only with --large: drain with 1, 2 and 4 worker processes, and one that holds 5,000 of 10,000 jobs of 60 s',
  passes: 1,
  run: async ({ postgres, large }) => {
    if (!large) return [];
    const measures: Measure[] = [];
    for (const processes of [1, 2, 4]) {
      const options = { ...drainOptions, processes };
      const { seconds: _, ...drained } = await withRig(postgres, (rig) => drainOurs(rig, options));
      measures.push({ ...drained, scenario: 'workers', figure: `drain with ${processes} processes`, unit: '/s' });
    }
    return [...measures, ...(await withRig(postgres, holdSlowJobs))];
  },
};

const slow = { count: 10_000, concurrency: 5_000, workMs: 60_000 };
/** Then all slots are full, and the first jobs are not over. */
const fullAfterMs = 25_000;
const countedMs = 20_000;
const withinMs = 240_000;

/** What a worker costs while its jobs only wait. */
async function holdSlowJobs(rig: Rig): Promise<Measure[]> {
  const { count, concurrency, workMs } = slow;
  await seed(rig, count);
  const rows = openRows(rig.databaseUrl);
  const program = await startEngine(rig, { workMs, handshakes: false, concurrency });
  await delay(fullAfterMs);
  const commands = await countCommands(rig.redis.url);
  await delay(countedMs);
  const sent = sumOf(await commands.take());
  commands.close();
  const giveUpAt = performance.now() + withinMs;
  while ((await rows.count(ourCounts.done)) < count && performance.now() < giveUpAt) await delay(200);
  const lost = count - (await rows.count(ourCounts.done));
  await rows.close();
  const memoryMb = peakMemoryMb(program.pid);
  const { ordered, blockMs } = await stopWithReport(program);
  const figure = (name: string, value: number, unit: Measure['unit']): Measure => {
    const doubled = Math.max(0, ordered - count);
    return {
      scenario: 'workers',
      figure: `${name} with 5,000 slow jobs`,
      contestant: 'ours',
      value,
      unit,
      lost,
      doubled,
    };
  };
  return [
    figure('memory', memoryMb, 'MB'),
    figure('longest block', blockMs, 'ms'),
    figure('Redis commands', (sent / countedMs) * 1000, '/s'),
  ];
}
