import { z } from 'zod';
import { withRedis } from '../../redis.ts';
import type { KilledProcess } from '../command-kills.ts';
import type { RedisCommand } from '../redis-proxy.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';
import { firstCallSince, isAbout, machinesOf, serverOf } from './life.ts';

const queue = 'bull:servers';

/** One job for each worker, so that a kill interrupts one server only. */
const oneKill = {
  runs: { full: 20, quick: 1 },
  atOnce: 4,
  setting: { concurrency: 1, proxied: true },
  promise: { p95Seconds: 15, worstSeconds: 20 },
} satisfies Partial<Scenario>;

const settledUnreported: Scenario = {
  id: 'kill-settled-untold',
  about:
    'kill -9 of the worker after the commit of a job, before the reply to BullMQ; in create, rebuild, retire, suspend, resume and destroy',
  ...oneKill,
  // The retire must begin after the kill of the rebuild.
  setting: { ...oneKill.setting, workerEnv: { REBUILD_GRACE_SECONDS: '20' } },
  run: async (stage) => {
    const { shop } = stage.installation;
    const bought = await shop.buy();
    await killBeforeReply(stage, bought.jobId);
    const id = serverOf(bought);
    await shop.until(id, 'running');
    await killBeforeReply(stage, (await shop.rebuild(id)).jobId);
    await shop.until(id, 'running');
    await killBeforeReply(stage, await retireOf(stage, id));
    await killBeforeReply(stage, (await shop.suspend(id)).jobId);
    await shop.until(id, 'suspended');
    await killBeforeReply(stage, (await shop.resume(id)).jobId);
    await shop.until(id, 'running');
    await killBeforeReply(stage, (await shop.destroy(id)).jobId);
    await shop.until(id, 'destroyed');
  },
};

async function retireOf({ installation: { shop } }: Stage, serverId: string): Promise<string | null> {
  const { body } = await shop.get(`/v1/jobs?server=${serverId}&kind=retire`);
  return z.object({ items: z.array(z.object({ id: z.string() })) }).parse(body).items[0]?.id ?? null;
}

async function killBeforeReply({ installation, recovered }: Stage, jobId: string | null): Promise<void> {
  if (jobId === null) throw new Error('The command was not acknowledged.');
  const { at } = await installation.killOnCommand({
    group: 'workers',
    reachesRedis: false,
    matches: (command) => isEndOf(command, jobId),
  });
  await withRedis(installation.redis, (redis) =>
    until(`the end of ${jobId} in BullMQ`, async () => (await redis.zscore(`${queue}:completed`, jobId)) !== null),
  );
  recovered(Date.now() - at);
}

/** BullMQ's script that ends a job has the list of completed jobs and the job among its keys. */
function isEndOf(command: RedisCommand, jobId: string): boolean {
  return has(command, `${queue}:completed`) && has(command, `${queue}:${jobId}`);
}

/** REBUILD_GRACE_SECONDS of the installation. */
const graceMs = 2_000;

const unpublished: Scenario = {
  id: 'kill-next-unpublished',
  about:
    'kill -9 of the worker that has settled a job, before it publishes the next job: a rebuild after a create, and a retire',
  ...oneKill,
  run: async (stage) => {
    const { shop, cloud } = stage.installation;
    const id = serverOf(await shop.buy());
    const rebuilding = killPublishing(stage, id, 'rebuild');
    await shop.rebuild(id);
    await untilNextRun(stage, await rebuilding, { label: `gf-${id}-2`, dueMs: 0 });
    await untilNextRun(stage, await killPublishing(stage, id, 'retire'), { label: `gf-${id}-1`, dueMs: graceMs });
    await shop.until(id, 'running');
    await until(`the retire of ${id}`, async () => (await machinesOf(cloud, id)).length === 1);
  },
};

function killPublishing({ installation }: Stage, serverId: string, kind: string): Promise<KilledProcess> {
  const matches = (command: RedisCommand) => includes(command, `"serverId":"${serverId}"`) && includes(command, kind);
  return installation.killOnCommand({ group: 'workers', reachesRedis: false, matches });
}

async function untilNextRun(
  stage: Stage,
  { at }: KilledProcess,
  { label, dueMs }: { label: string; dueMs: number },
): Promise<void> {
  const next = await firstCallSince(stage.installation, at + dueMs, (call) => isAbout(call, label));
  stage.recovered(next.startedAt - at - dueMs);
}

function has(command: RedisCommand, text: string): boolean {
  return command.some((argument) => argument.toString() === text);
}

function includes(command: RedisCommand, text: string): boolean {
  return command.some((argument) => argument.includes(text));
}

export const killedAtTheQueue: readonly Scenario[] = [settledUnreported, unpublished];
