import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Scenario, Stage } from '../scenario.ts';
import { until } from '../wait.ts';
import { nextCallFor, serverOf } from './life.ts';

/** Long enough to find out which worker has the job, and to attach the tracer. */
const bootSeconds = 6;

const aim = 'died at the fsync of the settle';

/** Killed inside the fsync of a commit; where no job had a commit to make but the settle, it is the settle's. */
export const killedAtFsync: Scenario = {
  id: 'kill-at-fsync',
  about: "kill -9 of the worker inside the fsync of a create's settle (strace's fault injection)",
  runs: { full: 20, quick: 1 },
  setting: { simulatorEnv: { SIMULATOR_BOOT_SECONDS: String(bootSeconds), SIMULATOR_BOOT_JITTER: '0' } },
  promise: { p95Seconds: 15, worstSeconds: 20 },
  aim,
  run: async (stage) => {
    const { installation } = stage;
    const id = serverOf(await installation.shop.buy());
    const order = await until(`The order for ${id}`, async () => {
      const calls = await installation.cloud.calls();
      return (
        calls.find(({ operation, label, status }) => operation === 'create' && status && label === `gf-${id}-1`) ?? null
      );
    });
    const worker = installation.workerOf(order.client);
    if (!worker) throw new Error(`No worker is called ${order.client}.`);
    await killAtNextFsync(worker.pid);
    await afterDeath(stage, id, order.client);
  },
};

async function killAtNextFsync(pid: number): Promise<void> {
  const calls = 'fsync,fdatasync';
  const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:signal=SIGKILL:when=1`];
  const tracer = spawn('strace', ['-f', '-qq', '-o', '/dev/null', ...inject, '-p', String(pid)], { stdio: 'ignore' });
  await once(tracer, 'exit');
}

async function afterDeath(stage: Stage, serverId: string, killed: string): Promise<void> {
  const { installation, recovered, note } = stage;
  const diedAt = Date.now();
  const status = (await installation.shop.server(serverId))?.status;
  // The killed process had written the commit, if it was the settle's: the kernel has it, and every process sees it.
  note(status === 'running' ? aim : 'died at the fsync of another commit');
  if (status !== 'running') {
    const next = await nextCallFor(installation, serverId, diedAt, killed);
    recovered(next.startedAt - diedAt);
  }
  await installation.shop.until(serverId, 'running');
}
