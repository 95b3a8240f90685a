import type { ConfirmedMachine } from '#db/model.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { NonRetryableError } from '#queues/ports/job-errors.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';
import { answeringIpv6 } from './answering-ipv6.ts';
import { assertOrderable } from './assert-account.ts';
import { isUp } from './confirm-machine.ts';
import { selectOwn } from './find-machines.ts';
import { removeDuplicates } from './remove-duplicates.ts';
import { untilReady } from './until-ready.ts';

/**
 * Makes the job's machine, or adopts the one that an earlier run made, and waits until it is ready:
 * 1. look by name, and unless this run is surely the first by tag as well;
 * 2. if an earlier run may have ordered, wait until a list would show the machine, and look again;
 * 3. order, unless the job is overdue, the key is of another account than the other machines, or orders are stopped;
 * 4. wait until the machine runs, has an address and its VPN answers; of several, keep the oldest; have the provider
 *    delete the keys that the machine was started with, and confirm it;
 * 5. keep its IPv6 address only if its VPN answers there, too.
 */
export async function makeMachine(context: JobContext): Promise<ConfirmedMachine> {
  const name = requireName(context);
  const earlier = await findEarlier(context, name);
  if (context.isOverdue && !(earlier && isUp(earlier)))
    throw new NonRetryableError('The job did not succeed in time, and it has no running machine.');
  const made = earlier ?? (await order(context, name));
  const ready = await untilReady(context, name, made);
  const ipv6 = await answeringIpv6(context, ready);
  const account = await context.recentAccount();
  const { id: providerId, ipv4, location, plan } = ready;
  return { providerId, account, ipv4, ipv6, location, plan };
}

function requireName({ job, machine }: JobContext): string {
  if (!machine) throw new NonRetryableError(`Job ${job.id} has no machine row: the database is inconsistent.`);
  return machine.name;
}

async function findEarlier(context: JobContext, name: string): Promise<CloudMachine | null> {
  const { provider, surelyFirst, signal, orders } = context;
  context.report('Looking for a machine of an earlier run', 5);
  // One look proves that there is no machine of an earlier run, and every machine that counts has the name.
  const earlier = surelyFirst
    ? await oldestOf(context, name, await provider.findNamed(name, signal))
    : await findOldest(context, name);
  if (earlier) return earlier;
  // Before the deadline counts: the job waits for an operator, and its customer has paid.
  orders.assertAllowed();
  return surelyFirst ? null : findLater(context, name);
}

/** Looks again until a list would show the machine of an earlier run. That is longer after an order that was accepted. */
async function findLater(context: JobContext, name: string): Promise<CloudMachine | null> {
  const { provider, orders } = context;
  context.report('Waiting until the provider would list a machine of an earlier run', 10);
  let leftMs = Math.max(provider.listLagMs, orders.undecidedMs());
  for (;;) {
    const pauseMs = Math.min(Math.max(provider.listLagMs, 1), leftMs);
    await context.sleep(pauseMs);
    leftMs -= pauseMs;
    const found = await findOldest(context, name);
    if (found || leftMs <= 0) return found;
    await context.assertWanted();
  }
}

async function findOldest(context: JobContext, name: string): Promise<CloudMachine | null> {
  return oldestOf(context, name, await context.provider.find(name, context.owner, context.signal));
}

/** The server's oldest machine with this name; removes the others. */
async function oldestOf(
  context: JobContext,
  name: string,
  found: readonly CloudMachine[],
): Promise<CloudMachine | null> {
  const own = selectOwn(found, name, context.owner);
  const stranger = found.find((machine) => machine.name === name && !own.includes(machine));
  if (stranger)
    throw new NonRetryableError(
      `The name ${name} is taken at ${context.provider.name} by machine ${stranger.id}, which is not ours.`,
    );
  return removeDuplicates(context, own);
}

async function order(context: JobContext, name: string): Promise<CloudMachine> {
  const { provider, owner, machine, vpn, signal, orders } = context;
  if (!machine) throw new NonRetryableError(`There is no row for machine ${name}.`);
  const { location, plan, devices } = machine;
  const userData = vpn?.userData(devices) ?? null;
  await assertOrderable(context);
  orders.assertAllowed();
  await context.checkpoint();
  context.report(`Ordering ${plan} in ${location}`, 20);
  try {
    const made = await provider.create({ name, owner, location, plan, userData }, signal);
    orders.accepted();
    return made;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const own = error.fault === 'name-taken' ? await findOldest(context, name) : null;
    if (own) return own;
    throw error;
  }
}
