import { setTimeout as delay } from 'node:timers/promises';
import type { Part } from '../part.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { until } from '../wait.ts';
import { watchWaking } from '../waking.ts';
import { serverOf } from './life.ts';

const frozenMs = 75_000;
/** By then it has heard of its lost locks, and whatever it would do it has done. */
const awakeMs = 10_000;

/** Three of each kind, all in the hands of the one worker. */
export const frozenWorker: Scenario = {
  id: 'worker-frozen',
  about: 'a worker with 9 jobs in hand is frozen for 75 s (SIGSTOP) and wakes when another has done them',
  runs: { full: 2, quick: 0 },
  setting: { workers: 1, simulatorEnv: { SIMULATOR_BOOT_SECONDS: '4' } },
  run: async (stage) => {
    const { installation, random, recovered } = stage;
    const { shop, workers } = installation;
    const [frozen] = workers;
    if (!frozen) throw new Error('There is no worker.');
    const old = await Promise.all(Array.from({ length: 6 }, () => shop.buy()));
    for (const attempt of old) await shop.until(serverOf(attempt), 'running');
    const [rebuilt, destroyed] = [old.slice(0, 3).map(serverOf), old.slice(3).map(serverOf)];
    const bought = await Promise.all([
      ...Array.from({ length: 3 }, () => shop.buy()),
      ...rebuilt.map((id) => shop.rebuild(id)),
      ...destroyed.map((id) => shop.destroy(id)),
    ]);
    await delay(random.between(100, 4_000));
    frozen.signal('SIGSTOP');
    const frozenAt = performance.now();
    try {
      await (stage.index === 0 ? (await installation.addWorker()).start() : workers[1]?.start());
      const isDone = async () =>
        (await Promise.all(bought.map(({ jobId }) => shop.job(jobId ?? '')))).every(
          (job) => job?.state === 'succeeded',
        );
      await until('The end of its jobs', isDone, frozenMs);
      recovered(performance.now() - frozenAt);
      await delay(frozenMs - (performance.now() - frozenAt));
      await wakeAndWatch(stage, frozen, bought.map(serverOf));
    } finally {
      frozen.signal('SIGCONT');
      await workers[1]?.stop();
    }
  },
};

async function wakeAndWatch({ installation, broken }: Stage, frozen: Part, servers: readonly string[]): Promise<void> {
  const seen = await watchWaking(installation, frozen, servers);
  frozen.signal('SIGCONT');
  await delay(awakeMs);
  for (const words of await seen()) broken(words);
}
