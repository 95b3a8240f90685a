import { z } from 'zod';
import { untilDone } from '../drain.ts';
import type { Measure } from '../measure.ts';
import { ourCounts, startOurApi, startOurWorker } from '../ours.ts';
import { type Rig, withRig } from '../rig.ts';
import { openRows } from '../rows.ts';
import type { Scenario } from '../scenario.ts';
import { buyOverHttp, type RunningSimulator, startSimulatorProcess } from '../simulated.ts';
import { quantile } from '../statistics.ts';
import { openWindow } from '../window.ts';

const count = 100;
const bootSeconds = 3;

/** How soon a customer gets a machine that answers. */
export const ready: Scenario = {
  name: 'ready',
  about: `${count} purchases at once, machines that boot in ${bootSeconds} s ± 50 %: from a machine's first answer to running`,
  passes: 1,
  run: ({ postgres }) =>
    withRig(postgres, async (rig) => {
      const simulator = await startSimulatorProcess(rig, bootSeconds);
      const api = await startOurApi(rig);
      const worker = await startOurWorker(rig, { ...simulator.env, WORKER_CONCURRENCY: '200' });
      const own = [api.program.pid, worker.pid];
      const close = openWindow({ own, redis: rig.redis.pid, beside: [simulator.program.pid] });
      await buyOverHttp(api, count);
      const { waits, lost, doubled } = await waitsOf(rig, simulator);
      const { othersShare } = close();
      const rest = { scenario: 'ready', contestant: 'ours', lost, doubled, othersShare } as const;
      const calls = await simulator.control.calls();
      return [
        { ...rest, figure: 'ready p50', value: quantile(waits, 0.5), unit: 'ms' },
        { ...rest, figure: 'ready p99', value: quantile(waits, 0.99), unit: 'ms' },
        { ...rest, figure: 'API calls per create, while 100 wait', value: calls.length / count, unit: 'count' },
      ] satisfies Measure[];
    }),
};

const machine = z.object({ label: z.string(), answersAt: z.string().transform((text) => Date.parse(text)) });

/** For each server, the time from its machine's first possible answer to the end of its job, in ms. */
async function waitsOf(rig: Rig, { control }: RunningSimulator) {
  const rows = openRows(rig.databaseUrl);
  const done = await untilDone(rows, ourCounts, { count, withinMs: 90_000 });
  const ended = await rows.all(
    "SELECT m.name, j.finished_at FROM jobs j JOIN machines m ON m.id = j.machine_id WHERE j.state = 'succeeded'",
  );
  await rows.close();
  const machines = z.array(machine).parse(await control.machines());
  const answersAt = new Map(machines.map(({ label, answersAt }) => [label, answersAt]));
  const waits = ended.flatMap(({ name, finished_at: at }) => {
    const first = answersAt.get(String(name));
    // SQLite has milliseconds, Postgres a Date.
    return first === undefined ? [] : Number(at) - first;
  });
  return { waits, lost: count - done, doubled: machines.length - answersAt.size };
}
