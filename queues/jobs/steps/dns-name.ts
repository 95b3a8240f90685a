import { type ConfirmedMachine, jobTraits } from '#db/model.ts';
import type { Dns } from '#queues/ports/dns.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine, Provider } from '#queues/ports/provider.ts';

/** A machine that cannot be removed now: its server's name points at it, and there is nothing else to point at. */
export class KeptError extends Error {
  override readonly name = 'KeptError';
}

type Machine = JobContext['machines'][number];
/** What has to be known of a machine that is to go. */
type DepartingMachine = Pick<CloudMachine, 'id' | 'name' | 'ipv4' | 'ipv6'>;

/** A server's name, and what is needed to change it. */
export interface NameTarget {
  /** null: the service keeps no names, and nothing happens. */
  readonly dns: Dns | null;
  readonly provider: Provider;
  readonly server: Pick<JobContext['server'], 'hostname'>;
  /** Where the name belongs while the server lives; null: nowhere. */
  readonly current: Machine | null;
  readonly signal: AbortSignal;
  /** Passed right before each change. */
  checkpoint(): Promise<void>;
}

/** The name as the context's job has to leave it should what it makes be of no use, or be gone. */
export function nameTargetOf(context: JobContext): NameTarget {
  const { dns, provider, server, machines, job, signal, checkpoint } = context;
  const isDeparting = jobTraits[job.kind].about === 'server' || server.status === 'destroying';
  const current = isDeparting ? null : (machines.find(({ id }) => id === server.machineId) ?? null);
  return { dns, provider, server, current, signal, checkpoint };
}

/** Points the server's name at its new machine, and reads it back. */
export async function pointName(context: JobContext, { ipv4, ipv6 }: ConfirmedMachine): Promise<void> {
  const { dns, server, signal } = context;
  if (!dns) return;
  await context.checkpoint();
  context.report(`Pointing ${server.hostname} at ${ipv4}`, 95);
  await dns.point(server.hostname, { ipv4, ipv6 }, signal);
}

/** Takes all its addresses from the server's name: those of its rows, and one that a run gave it that never settled. */
export async function clearName(context: JobContext): Promise<void> {
  const { dns, server, machines, signal } = context;
  if (!dns) return;
  await context.checkpoint();
  context.report(`Removing the addresses of ${server.hostname}`, 5);
  await dns.clear(server.hostname, machines.flatMap(addressesOf), signal);
}

/**
 * To be called before a machine is removed: while its server's name points at it, the name is pointed at the current
 * machine, or cleared of it where there is none. Throws KeptError where the current machine does not run.
 */
export async function pointNameAway(nameTarget: NameTarget, machine: DepartingMachine): Promise<void> {
  const { dns, server, current, signal } = nameTarget;
  const addresses = addressesOf(machine);
  if (!dns || addresses.length === 0) return;
  const pointed = await dns.read(server.hostname, signal);
  if (!pointed.some((address) => addresses.includes(address))) return;
  const instead = current && (await runningAddresses(nameTarget, current, machine));
  await nameTarget.checkpoint();
  if (instead) await dns.point(server.hostname, instead, signal);
  else await dns.remove(server.hostname, addresses, signal);
}

async function runningAddresses(
  { provider, server, signal }: NameTarget,
  current: Machine,
  departing: DepartingMachine,
) {
  const { providerId } = current;
  const found = providerId === null || providerId === departing.id ? null : await provider.get(providerId, signal);
  if (found?.state === 'running' && found.ipv4 !== null) return { ipv4: found.ipv4, ipv6: found.ipv6 };
  throw new KeptError(
    `Machine ${departing.name} stays: ${server.hostname} points at it, and ${current.name}, which serves by its row, does not run.`,
  );
}

/** Of both families, where there are any. */
export function addressesOf({ ipv4, ipv6 }: Pick<CloudMachine, 'ipv4' | 'ipv6'>): string[] {
  return [ipv4, ipv6].filter((address) => address !== null);
}
