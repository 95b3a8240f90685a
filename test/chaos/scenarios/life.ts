import type { Attempt } from '../attempt.ts';
import type { Installation } from '../installation.ts';
import type { CloudCall } from '../simulated-cloud.ts';
import { until } from '../wait.ts';

/** The phases of a server's life in which a fault is injected, with the generation of the machine concerned. */
export const phases = [
  { kind: 'create', generation: 1 },
  { kind: 'rebuild', generation: 2 },
  { kind: 'retire', generation: 1 },
  { kind: 'suspend', generation: 2 },
  { kind: 'resume', generation: 3 },
  { kind: 'destroy', generation: 3 },
] as const;
export type Phase = (typeof phases)[number];

/**
 * Takes a server through purchase, rebuild, retire, suspend, resume and destroy. Calls `inject` in each phase, which
 * resolves once the fault was injected. The next phase begins after the service has recovered. If the server exists
 * already, `inject` is called before the command, because the job could otherwise end first.
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
  await until(`the retire of ${id}`, async () => (await machinesOf(cloud, id)).length === 1);
  await Promise.all([inject(phases[3], id), shop.suspend(id)]);
  await shop.until(id, 'suspended');
  await Promise.all([inject(phases[4], id), shop.resume(id)]);
  await shop.until(id, 'running');
  await Promise.all([inject(phases[5], id), shop.destroy(id)]);
  await shop.until(id, 'destroyed');
}

export function serverOf({ serverId, why }: Attempt): string {
  if (serverId === null) throw new Error(`A purchase was not acknowledged: ${why}`);
  return serverId;
}

export function nameOf(serverId: string, { generation }: Pick<Phase, 'generation'>): string {
  return `gf-${serverId}-${generation}`;
}

export async function machinesOf(cloud: Installation['cloud'], serverId: string) {
  return (await cloud.machines()).filter(({ label }) => label.startsWith(`gf-${serverId}-`));
}

/** `subject` is the id of a server or the name of a machine. */
export function isAbout({ label, path }: CloudCall, subject: string): boolean {
  return label?.includes(subject) === true || path.includes(subject);
}

/**
 * The first call about the server's machines after `at` by another process than the killed one. Each run begins with
 * such a call. Calls about DNS names do not count, because the inventory also makes them.
 */
export function nextCallFor(
  installation: Installation,
  { serverId, at, killed }: { serverId: string; at: number; killed?: string },
): Promise<CloudCall> {
  return firstCallSince(
    installation,
    at,
    ({ label, client }) => label?.startsWith(`gf-${serverId}-`) === true && client !== killed,
  );
}

/** Waits for the first matching call that begins at `at` (epoch ms) or later. */
export function firstCallSince(
  { cloud }: Installation,
  at: number,
  matches: (call: CloudCall) => boolean,
): Promise<CloudCall> {
  let before = 0;
  return until('the next run', async () => {
    const calls = await cloud.calls(before);
    // Earlier calls need not be read again.
    before = calls.findLast(({ startedAt }) => startedAt < at)?.seq ?? before;
    return calls.find((call) => call.startedAt >= at && matches(call)) ?? null;
  });
}
