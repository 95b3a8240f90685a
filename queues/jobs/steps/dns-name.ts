import { jobTraits } from '#db/job-traits.ts';
import { type ConfirmedMachine, losesMachines } from '#db/model.ts';
import type { Addresses, Dns } from '#queues/ports/dns.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine, Provider } from '#queues/ports/provider.ts';

/** The machine cannot be removed now: its server's name points at it, and no other machine can take the name. */
export class KeptError extends Error {
  override readonly name = 'KeptError';
}

type Machine = JobContext['machines'][number];
/** A machine that is about to be removed. */
type DepartingMachine = Pick<CloudMachine, 'id' | 'name' | 'ipv4' | 'ipv6'>;

/** A server's name, and everything that a change of it needs. */
export interface NameTarget {
  /** null: the service keeps no names, and nothing is changed. */
  readonly dns: Dns | null;
  readonly provider: Provider;
  readonly server: Pick<JobContext['server'], 'hostname'>;
  /** The machine that keeps the name; null: there is none, or the server is losing its machines. */
  readonly current: Machine | null;
  readonly signal: AbortSignal;
  /** Called right before each change. */
  checkpoint(): Promise<void>;
}

/** The name, and the machine that it must point at when this job removes another one. */
export function nameTargetOf(context: JobContext): NameTarget {
  const { dns, provider, server, machines, job, signal, checkpoint } = context;
  const isDeparting = jobTraits[job.kind].about === 'server' || losesMachines(server.status);
  const current = isDeparting ? null : (machines.find(({ id }) => id === server.machineId) ?? null);
  return { dns, provider, server, current, signal, checkpoint };
}

/** The progress of a job from the switch on: it is pointing its server's name at the new machine. */
export const switchPercent = 95;

/** Points the server's name at its new machine, and verifies it. */
export async function pointName(context: JobContext, { ipv4, ipv6 }: ConfirmedMachine): Promise<void> {
  const { dns, server, signal } = context;
  if (!dns) return;
  await context.checkpoint();
  context.report(`Pointing ${server.hostname} at ${ipv4}`, switchPercent);
  await dns.point(server.hostname, { ipv4, ipv6 }, signal);
}

/** Removes all addresses from the server's name: those of its rows, and any that a run wrote without settling. */
export async function clearName(context: JobContext): Promise<void> {
  const { dns, server, machines, signal } = context;
  if (!dns) return;
  await context.checkpoint();
  context.report(`Removing the addresses of ${server.hostname}`, 5);
  await dns.clear(server.hostname, machines.flatMap(addressesOf), signal);
}

/**
 * To be called before a machine is removed. If its server's name points at it, points the name at the current
 * machine; if there is none, removes the machine's addresses from the name. Throws KeptError if the current machine
 * does not run.
 */
export async function pointNameAway(nameTarget: NameTarget, machine: DepartingMachine): Promise<void> {
  const { dns, server, current, signal } = nameTarget;
  const addresses = addressesOf(machine);
  if (!dns || addresses.length === 0) return;
  const pointed = await dns.read(server.hostname, signal);
  if (!pointed.some((address) => addresses.includes(address))) return;
  const instead = current && (await findRunningAddresses(nameTarget, current, machine));
  await nameTarget.checkpoint();
  if (instead) await dns.point(server.hostname, instead, signal);
  else await dns.remove(server.hostname, addresses, signal);
}

async function findRunningAddresses(
  { provider, server, signal }: NameTarget,
  current: Machine,
  departing: DepartingMachine,
): Promise<Addresses> {
  const { providerId } = current;
  const found = providerId === null || providerId === departing.id ? null : await provider.get(providerId, signal);
  // Only the IPv6 address in the row has answered.
  const ipv6 = found?.ipv6 === current.ipv6 ? current.ipv6 : null;
  if (found?.state === 'running' && found.ipv4 !== null) return { ipv4: found.ipv4, ipv6 };
  throw new KeptError(
    `Machine ${departing.name} stays: ${server.hostname} points at it, and the current machine ${current.name} does not run.`,
  );
}

/** The addresses of both families that the machine has. */
export function addressesOf({ ipv4, ipv6 }: Pick<CloudMachine, 'ipv4' | 'ipv6'>): string[] {
  return [ipv4, ipv6].filter((address) => address !== null);
}
