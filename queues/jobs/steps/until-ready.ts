import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { selectOwn } from './find-machines.ts';
import { nextListingWithRetry } from './next-listing.ts';
import { removeDuplicates } from './remove-duplicates.ts';
import { removeMachines } from './remove-machines.ts';

/** A machine that is absent from this many listings in a row, after the provider's list lag, is read by its id. */
const listingsUntilMissing = 3;

export type ReadyMachine = CloudMachine & { readonly ipv4: string };

/**
 * Waits until the machine runs, has an address, and its VPN answers with the server's keys. A machine that does not
 * within the context's `bootTimeoutMs` is removed, verified gone, and the attempt fails.
 */
export async function untilReady(context: JobContext, name: string, made: CloudMachine): Promise<ReadyMachine> {
  const begunAt = performance.now();
  const giveUpAt = begunAt + context.bootTimeoutMs;
  let machine = made;
  for (let missed = 0; ; ) {
    const percent = percentAfter(performance.now() - begunAt);
    const found = await inspect(context, machine, percent);
    if ('ready' in found) return found.ready;
    if (performance.now() > giveUpAt) return removeUnready(context, machine, found.lack);
    const listing = await nextListingWithRetry(context, { giveUpAt, percent });
    const listed = await removeDuplicates(context, selectOwn(listing, name, context.owner));
    await context.assertWanted();
    missed = listed ? 0 : missed + 1;
    const isMissing = missed >= listingsUntilMissing && performance.now() - begunAt > context.provider.listLagMs;
    machine = listed ?? (isMissing ? await getById(context, machine) : machine);
  }
}

/** The machine, once it is ready, or the reason why it is not. */
type Inspection = { readonly ready: ReadyMachine } | { readonly lack: string };

/** A server that was bought before servers had keys has no VPN to wait for. */
async function inspect(context: JobContext, machine: CloudMachine, percent: number): Promise<Inspection> {
  const { vpn, report, signal } = context;
  if (!isUp(machine)) {
    report(`Machine ${machine.id} is ${machine.state}; waiting until it runs and has an address`, percent);
    return { lack: machine.state === 'running' ? 'it has no address' : `it is ${machine.state}` };
  }
  if (!vpn) return { ready: machine };
  report(`Machine ${machine.id} runs; waiting until its VPN answers`, percent);
  const answer = await vpn.handshake(machine.ipv4, signal);
  return answer.verified ? { ready: machine } : { lack: answer.reason };
}

/** Whether the machine runs and has an address, which is all that the provider has to do. */
export function isUp(machine: CloudMachine): machine is ReadyMachine {
  return machine.state === 'running' && machine.ipv4 !== null;
}

/** Lists can lag behind; a read by id proves whether the machine is gone. */
async function getById({ provider, owner, signal }: JobContext, { id, name }: CloudMachine): Promise<CloudMachine> {
  const found = await provider.get(id, signal);
  const [machine] = selectOwn(found ? [found] : [], name, owner);
  if (machine) return machine;
  throw new Error(`Machine ${id} vanished at ${provider.name} before it was ready.`);
}

/** A boot takes about a minute and has no measure of its own, so the percent rises more and more slowly. */
function percentAfter(ms: number): number {
  return Math.round(40 + 50 * (1 - Math.exp(-ms / 60_000)));
}

async function removeUnready(context: JobContext, machine: CloudMachine, lack: string): Promise<never> {
  const { provider, owner, signal, bootTimeoutMs } = context;
  context.report(`Machine ${machine.id} did not come up; removing it`, 90);
  await removeMachines(context, async () => {
    const found = await provider.find(machine.name, owner, signal);
    // A machine that no list shows is read by its id.
    const itself = found.some(({ id }) => id === machine.id) ? null : await provider.get(machine.id, signal);
    return selectOwn(itself ? [...found, itself] : found, machine.name, owner);
  });
  const seconds = bootTimeoutMs / 1000;
  throw new Error(`Machine ${machine.id} did not come up within ${seconds} s: ${lack}. It was removed.`);
}
