import type { Outcome } from '#db/model.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { create } from './create.ts';
import { findMade } from './steps/clean-up-failed.ts';
import { addressesOf } from './steps/dns-name.ts';
import { removeMachines } from './steps/remove-machines.ts';

type PlannedMachine = NonNullable<JobContext['machine']>;

/**
 * Ends a rebuild that a person has cancelled: removes the machine that it may have made, and verifies that it is gone.
 * The old machine serves all the time. If the server's name points at the new machine already, the rebuild goes on:
 * after the switch it goes forward only.
 */
export async function callOff(context: JobContext): Promise<Outcome> {
  const { machine, server } = context;
  if (machine) {
    context.report('Cancelled; looking for the machine that it may have made', 5);
    if (await isPastSwitch(context, machine)) {
      context.report(`The cancel came too late: ${server.hostname} points at the new machine`, 90);
      return create(context);
    }
    await removeMade(context, machine);
  }
  return { end: 'cancelled', error: 'It was cancelled while it ran. The server keeps its machine.', leftover: 'gone' };
}

async function isPastSwitch(context: JobContext, machine: PlannedMachine): Promise<boolean> {
  const { dns, server, signal } = context;
  if (!dns) return false;
  const addresses = (await findMade(context, machine)).flatMap(addressesOf);
  if (addresses.length === 0) return false;
  const pointed = await dns.read(server.hostname, signal);
  return pointed.some((address) => addresses.includes(address));
}

/** Soon after an order, no list may show its machine yet. So it looks again until a list would. */
async function removeMade(context: JobContext, machine: PlannedMachine): Promise<void> {
  const { provider, orders, surelyFirst } = context;
  let hasFound = false;
  const look = async () => {
    const made = await findMade(context, machine);
    hasFound ||= made.length > 0;
    return made;
  };
  await removeMachines(context, look);
  if (surelyFirst) return;
  const undecidedMs = hasFound ? 0 : orders.undecidedMs();
  for (let leftMs = Math.max(provider.listLagMs, undecidedMs, 1); leftMs > 0; ) {
    const pauseMs = Math.min(Math.max(provider.listLagMs, 1), leftMs);
    await context.sleep(pauseMs);
    leftMs -= pauseMs;
    await context.assertWanted();
    await removeMachines(context, look);
  }
}
