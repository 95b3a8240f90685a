import { allows, serverIn } from '#db/model.ts';
import type { ServerWithMachine } from '#db/reads/servers.ts';
import type { Machine, OrderedRemoval, Server } from '#db/tables.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';
import { type Pass, recordRemoval } from './pass.ts';

/** A machine that carries our tag and has no row. */
export interface UnknownMachine {
  readonly machine: CloudMachine;
  /** The server in its tag; null: no row has that server. */
  readonly server: Server | null;
  /** While there is a need, the machine stays, even if its removal is ordered. */
  readonly need: Need | null;
}

/** A server that may need an unknown machine. */
export interface Need {
  readonly server: Server;
  /**
   * `missing`: the server's own machine is not listed. `rebuilt`: the machine is of a later generation than the rows
   * know, because the server was rebuilt after this database was backed up.
   */
  readonly because: 'missing' | 'rebuilt';
}

/** An order expires, because the provider may give the same id to another machine later. */
const orderValidMs = 60 * 60_000;

/** The `detail` of an alert unknown-machine. `serverId` comes from the machine's tag; null: the tag cannot be read. */
export interface UnknownMachineDetail {
  readonly machineName: string;
  readonly serverId: string | null;
}

/** Also the command that makes the server adopt the machine; null: no server may need it. */
export function detailOf({ machine, need }: UnknownMachine): UnknownMachineDetail & Record<string, string | null> {
  const { name, owner } = machine;
  return { machineName: name, serverId: owner?.serverId ?? null, adoptedBy: need && adoption(need) };
}

/** A suspended server is resumed, every other one is rebuilt. */
function adoption({ server: { status } }: Need): 'rebuild' | 'resume' {
  return allows(status, 'resume') && !allows(status, 'rebuild') ? 'resume' : 'rebuild';
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
 * Whether the server may need the unknown machine with this name, for example after a restore of an older database.
 * `isListed`: whether the provider lists the server's own machine. null: no customer can be using the unknown machine.
 */
export function needOf(
  { server, machine }: ServerWithMachine,
  name: string,
  isListed: (machine: Machine) => boolean,
): Need | null {
  if (server.status === 'destroyed') return null;
  if (!machine || !isListed(machine)) return { server, because: 'missing' };
  const named = serverIn(name);
  const isLater = named?.id === server.id && named.generation > server.generation;
  return isLater ? { server, because: 'rebuilt' } : null;
}

/** Finds, for each unknown machine, the server in its tag, and whether it may need the machine. */
export async function findNeeding(
  { store, listedIds }: Pass,
  unknown: readonly CloudMachine[],
): Promise<UnknownMachine[]> {
  const isListed = ({ providerId }: Machine) => providerId !== null && listedIds.has(providerId);
  const found: UnknownMachine[] = [];
  for (const machine of unknown) {
    const owner = machine.owner && (await store.readServer(machine.owner.serverId));
    const need = owner ? needOf(owner, machine.name, isListed) : null;
    found.push({ machine, server: owner?.server ?? null, need });
  }
  return found;
}

const reasons = {
  missing: 'and its own machine is missing',
  rebuilt:
    'at an older machine: it was rebuilt after this database was backed up, and its customer may use this machine. Do not remove it',
} as const satisfies Record<Need['because'], string>;

/** The text that advises a rebuild, or for a suspended server a resume, in place of a removal. */
export function takeoverAdvice(need: Need): string {
  const { because, server } = need;
  const { id, customer, status } = server;
  const job = adoption(need);
  const act = job === 'resume' ? 'Resume' : 'Rebuild';
  return `It belongs to server ${id} of ${customer}, which is ${status}, ${reasons[because]}. ${act} the server: the ${job} adopts the machine if its generation is the next one.`;
}

/** Removes those of the unknown machines that an operator has named within the last hour. Returns their ids. */
export async function removeOrdered(pass: Pass, unknown: readonly UnknownMachine[]): Promise<string[]> {
  const removed: string[] = [];
  for (const { machine, need } of unknown) {
    const order = await orderFor(pass, machine);
    if (order && need) logNeeded(pass, machine, need);
    else if (order && (await removeOne(pass, machine, order))) removed.push(machine.id);
  }
  return removed;
}

function logNeeded({ log }: Pass, { id, name }: CloudMachine, need: Need): void {
  const about = { event: 'unknown-machine-kept', machine: name, providerId: id, serverId: need.server.id };
  log.error(about, `Kept an unknown machine: ${takeoverAdvice(need)}`);
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
