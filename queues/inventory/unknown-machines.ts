import { allows } from '#db/model.ts';
import type { Store } from '#db/store.ts';
import type { Machine, OrderedRemoval, Server } from '#db/tables.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';
import { type Pass, recordRemoval } from './pass.ts';

/** A machine that carries our tag and has no row. */
export interface UnknownMachine {
  readonly machine: CloudMachine;
  /** The server that may need this machine. While there is one, the machine stays, even if its removal is ordered. */
  readonly needing: Server | null;
}

/** An order expires, because the provider may give the same id to another machine later. */
const orderValidMs = 60 * 60_000;

/** The `detail` of an alert unknown-machine. `serverId` comes from the machine's tag; null: the tag cannot be read. */
export interface UnknownMachineDetail {
  readonly machineName: string;
  readonly serverId: string | null;
}

export function detailOf({ name, owner }: CloudMachine): UnknownMachineDetail & Record<string, string | null> {
  return { machineName: name, serverId: owner?.serverId ?? null };
}

/** The detail of a recorded alert. null: the alert was recorded by a version that had none. */
export function unknownMachineIn({ detail }: { readonly detail: unknown }): UnknownMachineDetail | null {
  return isDetail(detail) ? detail : null;
}

function isDetail(value: unknown): value is UnknownMachineDetail {
  if (typeof value !== 'object' || value === null || !('machineName' in value) || !('serverId' in value)) return false;
  return typeof value.machineName === 'string' && (value.serverId === null || typeof value.serverId === 'string');
}

/**
 * The server that may need an unknown machine with its tag, for example after a restore of an older database. It is not
 * destroyed, and `isListed` is false for its own machine. null: no customer can be using the unknown machine.
 */
export async function serverNeeding(
  store: Pick<Store, 'readServer'>,
  serverId: string | null,
  isListed: (machine: Machine) => boolean,
): Promise<Server | null> {
  const found = serverId === null ? null : await store.readServer(serverId);
  if (!found || found.server.status === 'destroyed') return null;
  return found.machine && isListed(found.machine) ? null : found.server;
}

/** Finds, for each unknown machine, the server that may need it. */
export async function findNeeding(
  { store, listedIds }: Pass,
  unknown: readonly CloudMachine[],
): Promise<UnknownMachine[]> {
  const isListed = ({ providerId }: Machine) => providerId !== null && listedIds.has(providerId);
  const found: UnknownMachine[] = [];
  for (const machine of unknown)
    found.push({ machine, needing: await serverNeeding(store, machine.owner?.serverId ?? null, isListed) });
  return found;
}

/** The text that advises a rebuild, or for a suspended server a resume, in place of a removal. */
export function takeoverAdvice({ id, status }: Server): string {
  const [act, job] =
    allows(status, 'resume') && !allows(status, 'rebuild') ? ['Resume', 'resume'] : ['Rebuild', 'rebuild'];
  return `It belongs to server ${id}, which is ${status} and whose own machine is missing. ${act} the server: the ${job} adopts the machine if its generation is the next one.`;
}

/** Removes those of the unknown machines that an operator has named within the last hour. Returns their ids. */
export async function removeOrdered(pass: Pass, unknown: readonly UnknownMachine[]): Promise<string[]> {
  const removed: string[] = [];
  for (const { machine, needing } of unknown) {
    const order = await orderFor(pass, machine);
    if (order && needing) logNeeded(pass, machine, needing);
    else if (order && (await removeOne(pass, machine, order))) removed.push(machine.id);
  }
  return removed;
}

function logNeeded({ log }: Pass, { id, name }: CloudMachine, needing: Server): void {
  const about = { event: 'unknown-machine-kept', machine: name, providerId: id, serverId: needing.id };
  log.error(about, `Kept an unknown machine: ${takeoverAdvice(needing)}`);
}

async function orderFor({ store, now }: Pass, { id }: CloudMachine): Promise<OrderedRemoval | null> {
  const order = await store.readOrderedRemoval(id);
  return order && now().getTime() - order.orderedAt.getTime() <= orderValidMs ? order : null;
}

/** Reads name, tag and row again right before the delete. false: it stays, and the log says why. */
async function removeOne(pass: Pass, machine: CloudMachine, order: OrderedRemoval): Promise<boolean> {
  const { provider, log, signal } = pass;
  const about = { machine: machine.name, providerId: machine.id, by: order.orderedBy };
  try {
    const kept = await whyKept(pass, machine, order);
    if (kept) {
      log[kept.level](
        { event: 'unknown-machine-kept', ...about, orderedAs: order.name },
        `Kept an unknown machine: ${kept.why}`,
      );
      return false;
    }
    log.warn(
      { event: 'unknown-machine-removal-started', ...about },
      'Removing an unknown machine, as an operator ordered',
    );
    await provider.remove(machine.id, signal);
    const serverId = machine.owner?.serverId ?? null;
    await recordRemoval(pass, machine, { because: `${order.orderedBy} ordered it`, serverId });
    return true;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    log.warn({ event: 'machine-removal-failed', ...about, error: error.message }, 'Could not remove a machine');
    return false;
  }
}

/** null: it may be removed. */
async function whyKept(
  { store, provider, installation, signal }: Pass,
  { id, owner }: CloudMachine,
  { name }: OrderedRemoval,
): Promise<{ level: 'warn' | 'error'; why: string } | null> {
  const labelled = await provider.get(id, signal);
  const isTagged = labelled?.owner?.installation === installation && labelled.owner.serverId === owner?.serverId;
  if (labelled?.name !== name || !isTagged)
    return { level: 'error', why: 'its name or its tag differs from the order' };
  return (await store.readMachine(name)) ? { level: 'warn', why: 'a job has adopted it' } : null;
}
