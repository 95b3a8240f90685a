import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { queueName } from '#queues/bullmq/connection.ts';
import { withRedis } from '../../redis.ts';
import type { Installation } from '../installation.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { killingAt, whyNoStrace } from '../tracer.ts';
import { until } from '../wait.ts';
import { nextCallFor, serverOf } from './life.ts';

/** Enough time to find the worker that runs the job and to attach the tracer. */
const bootSeconds = 6;

/** Before the machine can answer first. Attaching takes about 100 ms. */
const attachMs = 300;

const aim = 'died at the fsync of the settle';

/**
 * Kills the worker inside its next flush. This is the flush that the settle waits for, unless another transaction comes
 * first. The settle is committed then, and the queue has not been told.
 */
export const killedAtFsync: Scenario = {
  id: 'kill-at-fsync',
  about:
    "kill -9 of the worker inside the flush of a create's settle (strace's fault injection); the queue learns its end",
  runs: { full: 20, quick: 1 },
  setting: { simulatorEnv: { SIMULATOR_BOOT_SECONDS: String(bootSeconds), SIMULATOR_BOOT_JITTER: '0' } },
  promise: { p95Seconds: 15, worstSeconds: 20 },
  aim,
  skipReason: whyNoStrace,
  run: async (stage) => {
    const { installation } = stage;
    const bought = await installation.shop.buy();
    const id = serverOf(bought);
    const order = await until(`the order for ${id}`, async () => {
      const calls = await installation.cloud.calls();
      return (
        calls.find(({ operation, label, status }) => operation === 'create' && status && label === `gf-${id}-1`) ?? null
      );
    });
    const worker = installation.workerOf(order.client);
    if (!worker) throw new Error(`No worker has the client name ${order.client}.`);
    // Sooner, a lease's flush would mostly come first.
    await delay(order.startedAt + bootSeconds * 1_000 - attachMs - Date.now());
    await killAtNextFsync(worker.pid);
    await afterDeath(stage, { serverId: id, jobId: bought.jobId ?? '', killed: order.client });
  },
};

async function killAtNextFsync(pid: number): Promise<void> {
  const [program, ...args] = killingAt('fsync,fdatasync', 1);
  const tracer = spawn(program, [...args, '-p', String(pid)], { stdio: 'ignore' });
  await once(tracer, 'exit');
}

interface Death {
  readonly serverId: string;
  readonly jobId: string;
  /** The client name of the killed worker at the cloud. */
  readonly killed: string;
}

async function afterDeath(stage: Stage, { serverId, jobId, killed }: Death): Promise<void> {
  const { installation, recovered, note } = stage;
  const diedAt = Date.now();
  // The kill is inside the flush, so the transaction is committed.
  const isSettled = (await installation.shop.server(serverId))?.status === 'running';
  note(isSettled ? aim : 'died at the fsync of another commit');
  if (isSettled) await untilEnded(installation, jobId);
  else await nextCallFor(installation, { serverId, at: diedAt, killed });
  recovered(Date.now() - diedAt);
  await installation.shop.until(serverId, 'running');
}

/** Until another worker has found the row closed, and told the queue. */
function untilEnded({ redis }: Installation, jobId: string): Promise<boolean> {
  return withRedis(redis, (client) =>
    until(
      `the end of ${jobId} in BullMQ`,
      async () => (await client.zscore(`bull:${queueName}:completed`, jobId)) !== null,
    ),
  );
}
