import type { Attempt } from '../attempt.ts';
import type { Installation } from '../installation.ts';
import type { CloudCall } from '../simulated-cloud.ts';
import { until } from '../wait.ts';

/** The part of a life in which a fault strikes, with the machine's generation that it is about. */
export const phases = [
  { kind: 'create', generation: 1 },
  { kind: 'rebuild', generation: 2 },
  { kind: 'retire', generation: 1 },
  { kind: 'destroy', generation: 2 },
] as const;
export type Phase = (typeof phases)[number];

/**
 * Takes a server through purchase, rebuild, retire and destroy. `strike` is called in each phase and resolves once it has
 * done its harm; the next phase begins when the service has recovered. It is called before the command where the server is
 * known by then, lest the job be quicker.
 */
export async function live(
  { shop, cloud }: Installation,
  inject: (phase: Phase, serverId: string) => Promise<void>,
): Promise<void> {
  const id = serverOf(await shop.buy());
  await inject(phases[0], id);
  await shop.until(id, 'running');
  await Promise.all([inject(phases[1], id), shop.rebuild(id)]);
  await inject(phases[2], id);
  await shop.until(id, 'running');
  await until(`The retire of ${id}`, async () => (await machinesOf(cloud, id)).length === 1);
  await Promise.all([inject(phases[3], id), shop.destroy(id)]);
  await shop.until(id, 'destroyed');
}

export function serverOf({ serverId, why }: Attempt): string {
  if (serverId === null) throw new Error(`The purchase was not acknowledged: ${why}`);
  return serverId;
}

export function nameOf(serverId: string, { generation }: Pick<Phase, 'generation'>): string {
  return `gf-${serverId}-${generation}`;
}

export async function machinesOf(cloud: Installation['cloud'], serverId: string) {
  return (await cloud.machines()).filter(({ label }) => label.startsWith(`gf-${serverId}-`));
}

/** `subject` is a server's id, or the name of one machine. */
export function isAbout({ label, path }: CloudCall, subject: string): boolean {
  return label?.includes(subject) === true || path.includes(subject);
}

/**
 * The first call about the server's machines that begins after `at`, by a process other than the one that was killed. Each
 * run begins with one; at the names the inventory looks too.
 */
export function nextCallFor(
  installation: Installation,
  serverId: string,
  at: number,
  killed: string,
): Promise<CloudCall> {
  return firstCallSince(
    installation,
    at,
    ({ label, client }) => label?.startsWith(`gf-${serverId}-`) === true && client !== killed,
  );
}

/** The first call that fits of those that begin at that instant or later; waits for it. */
export function firstCallSince(
  { cloud }: Installation,
  at: number,
  fits: (call: CloudCall) => boolean,
): Promise<CloudCall> {
  let before = 0;
  return until('The next run', async () => {
    const calls = await cloud.calls(before);
    // What began earlier need not be looked at again.
    before = calls.findLast(({ startedAt }) => startedAt < at)?.seq ?? before;
    return calls.find((call) => call.startedAt >= at && fits(call)) ?? null;
  });
}
