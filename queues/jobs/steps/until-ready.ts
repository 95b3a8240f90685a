import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import type { Asking } from '#queues/ports/vpn.ts';
import { createConfirmation, isUp, type ReadyMachine } from './confirm-machine.ts';
import { selectOwn } from './find-machines.ts';
import { type ListingRetry, nextListingWithRetry } from './next-listing.ts';
import { createQuestions, type Questions } from './questions.ts';
import { removeDuplicates } from './remove-duplicates.ts';
import { removeMachines } from './remove-machines.ts';

/** A machine that is absent from this many listings in a row, after the provider's list lag, is read by its id. */
const listingsUntilMissing = 3;
/** Ends the wait for a listing. An abort without a reason makes a DOMException, which takes longer than the abort. */
const answered = new Error('The machine has answered.');
/** The least time between two checks whether the job is still wanted. */
const wantedEveryMs = 2_000;

/**
 * Waits until the machine runs, has an address, and its VPN answers with the server's keys. From its address on the
 * machine itself is asked, which takes no call. The shared listings show the address, and doubles, and whether the
 * machine is still there. A machine that is not ready within the context's `bootTimeoutMs` is removed, verified gone,
 * and the attempt fails.
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
  const giveUpAt = begunAt + context.bootTimeoutMs;
  const confirm = createConfirmation(context);
  const findIn = createFinder(context, begunAt);
  let machine = made;
  for (;;) {
    const percent = percentAfter(performance.now() - begunAt);
    // A server that was bought before servers had keys has no VPN to wait for.
    if (!context.vpn && isUp(machine)) return machine;
    const asking = questions.about(machine);
    context.report(describeWait(machine, asking), percent);
    if (performance.now() > giveUpAt) return removeUnready(context, machine, lackOf(machine, asking));
    const retry = { giveUpAt, percent, pace: asking ? 'steady' : 'hurried' } as const;
    const listing = await answerOrListing(context, asking, retry);
    const ready = listing === null ? await confirm(machine) : null;
    if (ready) return ready;
    machine = await findIn(listing ?? (await nextListingWithRetry(context, { ...retry, pace: 'hurried' })), machine);
  }
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

/** Finds the machine in a listing, removes its duplicates, and now and then checks that the job is still wanted. */
function createFinder(context: JobContext, begunAt: number) {
  let missed = 0;
  let wantedAt = begunAt;
  return async (listing: readonly CloudMachine[], machine: CloudMachine): Promise<CloudMachine> => {
    const listed = await removeDuplicates(context, selectOwn(listing, machine.name, context.owner));
    const now = performance.now();
    if (now - wantedAt >= wantedEveryMs) {
      await context.assertWanted();
      wantedAt = now;
    }
    missed = listed ? 0 : missed + 1;
    if (listed) return listed;
    const isMissing = missed >= listingsUntilMissing && now - begunAt > context.provider.listLagMs;
    return isMissing ? getById(context, machine) : machine;
  };
}

function describeWait({ id, state }: CloudMachine, asking: Asking | null): string {
  if (asking) return `Machine ${id} has an address; waiting until its VPN answers`;
  return `Machine ${id} is ${state}; waiting until it runs and has an address`;
}

function lackOf(machine: CloudMachine, asking: Asking | null): string {
  if (machine.state !== 'running') return `it is ${machine.state}`;
  return asking?.lack() ?? 'it has no address';
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
