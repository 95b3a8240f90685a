import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { ours } from './find-machines.ts';
import { nextListingWithRetry } from './next-listing.ts';
import { removeDuplicates } from './remove-duplicates.ts';
import { removeMachines } from './remove-machines.ts';

/** A machine that so many listings in a row do not show, the provider's lag over, is looked at by its id. */
const listingsUntilLost = 3;

export type ReadyMachine = CloudMachine & { readonly ipv4: string };

/**
 * Waits until the machine runs, has an address, and its VPN answers with the server's keys. One that does not within
 * the context's `bootTimeoutMs` is removed, verified gone, and the attempt fails.
 */
export async function untilReady(context: JobContext, name: string, made: CloudMachine): Promise<ReadyMachine> {
  const begunAt = performance.now();
  const giveUpAt = begunAt + context.bootTimeoutMs;
  let machine = made;
  for (let missed = 0; ; ) {
    const percent = percentAfter(performance.now() - begunAt);
    const found = await inspect(context, machine, percent);
    if ('ready' in found) return found.ready;
    if (performance.now() > giveUpAt) return giveUpOn(context, machine, found.lack);
    const listed = await removeDuplicates(
      context,
      ours(await nextListingWithRetry(context, { giveUpAt, percent }), name, context.owner),
    );
    await context.assertWanted();
    missed = listed ? 0 : missed + 1;
    const isMissing = missed >= listingsUntilLost && performance.now() - begunAt > context.provider.listLagMs;
    machine = listed ?? (isMissing ? await byItself(context, machine) : machine);
  }
}

/** The machine, once it is of use, or what it lacks. */
type Inspection = { readonly ready: ReadyMachine } | { readonly lack: string };

/** A server without keys, from before servers had any, has no VPN to wait for. */
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

/** Whether the provider has done its part. */
export function isUp(machine: CloudMachine): machine is ReadyMachine {
  return machine.state === 'running' && machine.ipv4 !== null;
}

/** Lists lag behind; only the machine's own page tells that it is gone. */
async function byItself({ provider, owner, signal }: JobContext, { id, name }: CloudMachine): Promise<CloudMachine> {
  const found = await provider.get(id, signal);
  const [machine] = ours(found ? [found] : [], name, owner);
  if (machine) return machine;
  throw new Error(`Machine ${id} vanished at ${provider.name} before it was ready.`);
}

/** Boots take about a minute; nobody knows how far one is, so the bar slows down as it goes. */
function percentAfter(ms: number): number {
  return Math.round(40 + 50 * (1 - Math.exp(-ms / 60_000)));
}

async function giveUpOn(context: JobContext, machine: CloudMachine, lack: string): Promise<never> {
  const { provider, owner, signal, bootTimeoutMs } = context;
  context.report(`Machine ${machine.id} did not come up; removing it`, 90);
  await removeMachines(context, async () => {
    const found = await provider.find(machine.name, owner, signal);
    // One that no list shows has to be asked for by its id.
    const itself = found.some(({ id }) => id === machine.id) ? null : await provider.get(machine.id, signal);
    return ours(itself ? [...found, itself] : found, machine.name, owner);
  });
  const seconds = bootTimeoutMs / 1000;
  throw new Error(`Machine ${machine.id} did not come up within ${seconds} s: ${lack}. It was removed.`);
}
