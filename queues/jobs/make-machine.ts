import type { ConfirmedMachine } from '#db/model.ts';
import { HopelessError, type JobContext } from '../ports/job-context.ts';
import { type CloudMachine, ProviderError } from '../ports/provider.ts';
import { ours } from './machines-of.ts';
import { letGo, namingOf } from './name.ts';
import { patientListing } from './patient-listing.ts';
import { removeMachines } from './remove-machines.ts';

/** A machine that so many listings in a row do not show, the provider's lag over, is looked at by its id. */
const listingsUntilLost = 3;

/**
 * Makes the job's machine, or adopts the one that an earlier run made, and waits until it is of use:
 * 1. look by tag and name; 2. where an earlier run may have ordered, wait until a list would show it, and look again;
 * 3. order, unless the job is past its time; 4. wait until it runs and has an address, keeping the oldest should there be two.
 */
export async function makeMachine(context: JobContext): Promise<ConfirmedMachine> {
  const name = nameOf(context);
  const earlier = await findEarlier(context, name);
  if (context.isOverdue && !(earlier && isReady(earlier)))
    throw new HopelessError('It did not succeed in time: no machine of it runs.');
  const made = earlier ?? (await order(context, name));
  const ready = await untilReady(context, name, made);
  const account = await context.provider.account(context.signal);
  return { providerId: ready.id, account, ipv4: ready.ipv4, ipv6: ready.ipv6 };
}

function nameOf({ job, machine }: JobContext): string {
  if (!machine) throw new HopelessError(`Job ${job.id} has no machine row: the database is inconsistent.`);
  return machine.name;
}

async function findEarlier(context: JobContext, name: string): Promise<CloudMachine | null> {
  context.report('Looking for a machine of an earlier run', 5);
  const earlier = await lookUp(context, name);
  if (earlier || context.surelyFirst) return earlier;
  context.report('Waiting until the provider would list a machine of an earlier run', 10);
  await context.sleep(context.provider.listLagMs);
  return lookUp(context, name);
}

async function lookUp(context: JobContext, name: string): Promise<CloudMachine | null> {
  const found = await context.provider.find(name, context.owner, context.signal);
  const mine = ours(found, name, context.owner);
  const stranger = found.find((machine) => machine.name === name && !mine.includes(machine));
  if (stranger)
    throw new HopelessError(
      `The name ${name} is taken at ${context.provider.name} by machine ${stranger.id}, which is not ours.`,
    );
  return keepOldest(context, mine);
}

/** Simultaneous runs on a provider that allows equal names can both have ordered: the oldest stays. */
async function keepOldest(context: JobContext, mine: readonly CloudMachine[]): Promise<CloudMachine | null> {
  const [oldest, ...doubles] = mine;
  for (const double of doubles) {
    await letGo(namingOf(context), double);
    await context.checkpoint();
    context.report(`Removing machine ${double.id}, a double of ${oldest?.id}`, 15);
    await context.provider.remove(double.id, context.signal);
  }
  return oldest ?? null;
}

async function order(context: JobContext, name: string): Promise<CloudMachine> {
  const { provider, owner, machine, signal } = context;
  if (!machine) throw new HopelessError(`There is no row for machine ${name}.`);
  await context.checkpoint();
  context.report(`Ordering ${machine.plan} in ${machine.location}`, 20);
  try {
    return await provider.create({ name, owner, location: machine.location, plan: machine.plan }, signal);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // The order itself is wrong: asked again, it would be wrong again. A look that is rejected says nothing of it.
    if (error.fault === 'rejected') throw new HopelessError(error.message);
    const mine = error.fault === 'name-taken' ? await lookUp(context, name) : null;
    if (mine) return mine;
    throw error;
  }
}

type ReadyMachine = CloudMachine & { readonly ipv4: string };

async function untilReady(context: JobContext, name: string, made: CloudMachine): Promise<ReadyMachine> {
  context.report(`Machine ${made.id} is ordered; waiting until it runs`, 40);
  const begunAt = performance.now();
  const giveUpAt = begunAt + context.bootTimeoutMs;
  let machine = made;
  for (let missed = 0; !isReady(machine); ) {
    if (performance.now() > giveUpAt) return giveUpOn(context, machine);
    const percent = percentAfter(performance.now() - begunAt);
    const listed = await keepOldest(
      context,
      ours(await patientListing(context, { giveUpAt, percent }), name, context.owner),
    );
    await context.stillWanted();
    missed = listed ? 0 : missed + 1;
    const isOverdue = missed >= listingsUntilLost && performance.now() - begunAt > context.provider.listLagMs;
    machine = listed ?? (isOverdue ? await byItself(context, machine) : machine);
    context.report(`Machine ${machine.id} is ${machine.state}`, percent);
  }
  return machine;
}

/** Lists lag behind; only the machine's own page tells that it is gone. */
async function byItself({ provider, owner, signal }: JobContext, { id, name }: CloudMachine): Promise<CloudMachine> {
  const found = await provider.get(id, signal);
  const [machine] = ours(found ? [found] : [], name, owner);
  if (machine) return machine;
  throw new Error(`Machine ${id} vanished at ${provider.name} before it was ready.`);
}

function isReady(machine: CloudMachine): machine is ReadyMachine {
  return machine.state === 'running' && machine.ipv4 !== null;
}

/** Boots take about a minute; nobody knows how far one is, so the bar slows down as it goes. */
function percentAfter(ms: number): number {
  return Math.round(40 + 50 * (1 - Math.exp(-ms / 60_000)));
}

async function giveUpOn(context: JobContext, machine: CloudMachine): Promise<never> {
  context.report(`Machine ${machine.id} did not come up; removing it`, 90);
  const { provider, owner, signal, bootTimeoutMs } = context;
  await removeMachines(context, async () => {
    const found = await provider.find(machine.name, owner, signal);
    // One that no list shows has to be asked for by its id.
    const itself = found.some(({ id }) => id === machine.id) ? null : await provider.get(machine.id, signal);
    return ours(itself ? [...found, itself] : found, machine.name, owner);
  });
  throw new Error(`Machine ${machine.id} did not come up within ${bootTimeoutMs / 1000} s; it was removed.`);
}
