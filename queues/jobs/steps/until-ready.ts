import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { type Asking, ProbeBlockedError } from '#queues/ports/vpn.ts';
import { createConfirmation, isUp, type ReadyMachine } from './confirm-machine.ts';
import { selectOwn } from './find-machines.ts';
import { type ListingRetry, nextListingWithRetry } from './next-listing.ts';
import { createQuestions, type Questions } from './questions.ts';
import { removeMachines } from './remove-machines.ts';
import { watchMachine } from './watch-machine.ts';

/** Ends the wait for a listing. An abort without a reason makes a DOMException, which takes longer than the abort. */
const answered = new Error('The machine has answered.');

/**
 * Waits until the machine runs, has an address, and its VPN answers with the server's keys. From its address on the
 * machine itself is asked, which takes no call. The shared listings show the address, and doubles, and whether the
 * machine is still there. A machine that is not ready within the context's `bootTimeoutMs` is removed, verified gone,
 * and the attempt fails. Throws ProbeBlockedError if this host cannot send to the machine, which then stays.
 */
export async function untilReady(context: JobContext, name: string, made: CloudMachine): Promise<ReadyMachine> {
  const questions = createQuestions(context);
  try {
    return await waitUntilReady(context, questions, { ...made, name });
  } finally {
    questions.stop();
  }
}

async function waitUntilReady(context: JobContext, questions: Questions, made: CloudMachine): Promise<ReadyMachine> {
  const begunAt = performance.now();
  const confirm = createConfirmation(context);
  const watch = watchMachine(context, begunAt);
  let machine = made;
  for (;;) {
    const percent = percentAfter(performance.now() - begunAt);
    // A server that was bought before servers had keys has no VPN to wait for.
    if (!context.vpn && isUp(machine)) return machine;
    const asking = questions.about(machine);
    context.report(describeWait(machine, asking), percent);
    assertNotBlocked(machine, asking);
    const giveUpAt = watch.giveUpAt() + (asking?.blockedMs() ?? 0);
    if (performance.now() > giveUpAt) return removeSilent(context, machine, lackOf(machine, asking));
    const retry = { giveUpAt, percent, pace: asking ? 'steady' : 'hurried' } as const;
    const listing = await answerOrListing(context, asking, retry);
    const ready = listing === null ? await confirm(machine) : null;
    if (ready) return ready;
    const shown = listing ?? (await nextListingWithRetry(context, { ...retry, pace: 'hurried' }));
    machine = await watch.findIn(shown, machine);
  }
}

/** Another worker may be able to ask the machine, so this one does not keep the job for longer. */
function assertNotBlocked({ id }: CloudMachine, asking: Asking | null): void {
  const reason = asking?.blocked() ?? null;
  if (reason === null) return;
  throw new ProbeBlockedError(
    `This worker cannot send handshakes to machine ${id}: ${reason}. The machine stays, and is asked again.`,
  );
}

/** null: the machine has answered before the next listing was there. */
async function answerOrListing(
  context: JobContext,
  asking: Asking | null,
  retry: ListingRetry,
): Promise<readonly CloudMachine[] | null> {
  if (!asking) return nextListingWithRetry(context, retry);
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const listing = nextListingWithRetry(context, { ...retry, signal });
  listing.catch(() => undefined);
  try {
    return await Promise.race([asking.answered.then(() => null), listing]);
  } finally {
    stop.abort(answered);
  }
}

function describeWait({ id, state }: CloudMachine, asking: Asking | null): string {
  if (asking) return `Machine ${id} has an address; waiting until its VPN answers`;
  return `Machine ${id} is ${state}; waiting until it runs and has an address`;
}

function lackOf(machine: CloudMachine, asking: Asking | null): string {
  if (machine.state !== 'running') return `it is ${machine.state}`;
  return asking?.lack() ?? 'it has no address';
}

/** A boot takes about a minute and has no measure of its own, so the percent rises more and more slowly. */
function percentAfter(ms: number): number {
  return Math.round(40 + 50 * (1 - Math.exp(-ms / 60_000)));
}

async function removeSilent(context: JobContext, machine: CloudMachine, lack: string): Promise<never> {
  const { provider, owner, signal, bootTimeoutMs, orders } = context;
  context.report(`Machine ${machine.id} did not come up; removing it`, 90);
  orders.silent(machine.id);
  await removeMachines(context, async () => {
    const found = await provider.find(machine.name, owner, signal);
    // A machine that no list shows is read by its id.
    const itself = found.some(({ id }) => id === machine.id) ? null : await provider.get(machine.id, signal);
    return selectOwn(itself ? [...found, itself] : found, machine.name, owner);
  });
  orders.gone();
  const seconds = bootTimeoutMs / 1000;
  throw new Error(`Machine ${machine.id} did not come up within ${seconds} s: ${lack}. It was removed.`);
}
