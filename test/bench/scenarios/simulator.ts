import { untilDone } from '../drain.ts';
import { peakMemoryMb } from '../machine.ts';
import { ourCounts, startOurApi, startOurWorker } from '../ours.ts';
import { withRig } from '../rig.ts';
import { openRows } from '../rows.ts';
import type { Scenario } from '../scenario.ts';
import { buyOverHttp, startSimulatorProcess } from '../simulated.ts';
import { openWindow } from '../window.ts';

const count = 1_500;
const warmJobs = 300;

/** The processes of a demonstration: API, worker, and the simulator with its VPN. */
export const simulator: Scenario = {
  name: 'simulator',
  about: `one worker makes ${count} machines at the simulator's process, which boots them at once`,
  passes: 1,
  run: async ({ postgres }) => [
    await withRig(postgres, async (rig) => {
      const { program, control, env } = await startSimulatorProcess(rig, 0);
      const api = await startOurApi(rig);
      await buyOverHttp(api, count);
      await api.program.stop();
      const rows = openRows(rig.databaseUrl);
      const worker = await startOurWorker(rig, { ...env, WORKER_CONCURRENCY: '100' });
      const opened = await untilDone(rows, ourCounts, { count: warmJobs, withinMs: 60_000 });
      const close = openWindow({ own: [worker.pid], redis: rig.redis.pid, beside: [program.pid] });
      const done = await untilDone(rows, ourCounts, { count, withinMs: 60_000 });
      const { seconds, cpuSeconds, redisCpuSeconds, othersShare } = close();
      const memoryMb = peakMemoryMb(worker.pid);
      await worker.stop();
      await rows.close();
      const jobs = done - opened;
      const machines = (await control.machines()).map(({ label }) => label);
      return {
        scenario: 'simulator',
        figure: 'drain with the simulator',
        contestant: 'ours',
        value: jobs / seconds,
        unit: '/s',
        cpuPer10k: (cpuSeconds / jobs) * 10_000,
        redisCpuPer10k: (redisCpuSeconds / jobs) * 10_000,
        memoryMb,
        lost: count - done,
        doubled: machines.length - new Set(machines).size,
        othersShare,
      };
    }),
  ],
};
