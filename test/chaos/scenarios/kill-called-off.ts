import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';
import { killCaller } from './kill-caller.ts';
import { machinesOf, nameOf, serverOf } from './life.ts';

const points = [
  { id: 'kill-called-off-asked', about: 'before the provider has acted', when: 'arrived' },
  { id: 'kill-called-off-acted', about: 'when the provider has acted and not answered', when: 'acted' },
  { id: 'kill-called-off-answered', about: 'when the provider has answered', when: 'answered' },
] as const;

/** The new machine boots for ever, so that the rebuild is cancelled while it runs. */
export const killedCalledOff: readonly Scenario[] = points.map(({ id, about, when }) => ({
  id,
  about: `kill -9 of the worker that removes the new machine of a cancelled rebuild, ${about}`,
  runs: { full: 10, quick: 0 },
  atOnce: 5,
  setting: { concurrency: 1 },
  promise: { p95Seconds: 15, worstSeconds: 20 },
  run: async (stage) => {
    const { shop, cloud } = stage.installation;
    const serverId = serverOf(await shop.buy());
    await shop.until(serverId, 'running');
    const name = nameOf(serverId, { generation: 2 });
    await cloud.addFaultRule({ kind: 'boot', operation: 'create', match: { label: name }, ms: null });
    const jobId = await rebuild(stage, serverId);
    await until(`the order of ${name}`, async () => (await machinesOf(cloud, serverId)).length === 2);
    const killed = killCaller(stage, { operation: 'delete', label: name, when }, serverId);
    const { status } = await shop.post(`/v1/jobs/${jobId}/cancel`, {});
    if (status !== 202) stage.broken(`The cancel of ${jobId} was answered ${status}.`);
    await killed;
    await shop.until(serverId, 'running');
    const job = await shop.job(jobId);
    if (job?.state !== 'cancelled') stage.broken(`The cancelled rebuild ${jobId} is ${job?.state}: ${job?.error}`);
    const left = (await machinesOf(cloud, serverId)).map(({ label }) => label);
    if (left.join() !== nameOf(serverId, { generation: 1 })) stage.broken(`${serverId} has ${left.join(' and ')}.`);
  },
}));

/** Not in the book, which expects that a rebuild succeeds. */
async function rebuild({ installation: { shop } }: Stage, serverId: string): Promise<string> {
  const { status, body } = await shop.post(`/v1/servers/${serverId}/rebuild`, {});
  if (status !== 202) throw new Error(`The rebuild of ${serverId} was answered ${status}.`);
  return (body as { job: { id: string } }).job.id;
}
