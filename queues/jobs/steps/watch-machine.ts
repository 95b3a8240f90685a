import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { selectOwn } from './find-machines.ts';
import { indexOf } from './listing-index.ts';
import { removeDuplicates } from './remove-duplicates.ts';

/** A machine that is absent from this many listings in a row, after the provider's list lag, is read by its id. */
const listingsUntilRead = 3;
/** The least time between two checks whether the job is still wanted. */
const wantedEveryMs = 2_000;

/** Follows a machine through the listings while it boots. All times are by `performance.now()`. */
export interface MachineWatch {
  /**
   * When to give the machine up: its boot time counts from when the provider first shows it. A machine that was never
   * shown gets at least the time in which the provider would show it.
   */
  giveUpAt(): number;
  /**
   * The machine as the listing, or else a read by its id, shows it now; as it was if neither does yet. Removes its
   * duplicates. Throws if it has vanished.
   */
  findIn(listing: readonly CloudMachine[], machine: CloudMachine): Promise<CloudMachine>;
}

export function watchMachine(context: JobContext, begunAt: number): MachineWatch {
  const { provider, owner, bootTimeoutMs, orders } = context;
  const { listLagMs, shownWithinMs } = provider;
  const assertWanted = createWantedCheck(context, begunAt);
  let shownAt: number | null = null;
  let missed = 0;
  const show = (machine: CloudMachine) => {
    shownAt ??= performance.now();
    return machine;
  };
  return {
    giveUpAt: () => (shownAt === null ? begunAt + Math.max(bootTimeoutMs, shownWithinMs) : shownAt + bootTimeoutMs),
    findIn: async (listing, machine) => {
      const named = indexOf(listing).byName.get(machine.name) ?? [];
      const listed = await removeDuplicates(context, selectOwn(named, machine.name, owner));
      await assertWanted();
      missed = listed ? 0 : missed + 1;
      if (listed) return show(listed);
      const sinceMs = performance.now() - begunAt;
      if (missed < listingsUntilRead || sinceMs <= listLagMs) return machine;
      const read = await readOwn(context, machine);
      if (read) return show(read);
      // Not found by its id proves nothing either, so soon after the order.
      if (sinceMs <= shownWithinMs) return machine;
      orders.silent(machine.id);
      throw new Error(`Machine ${machine.id} vanished at ${provider.name} before it was ready.`);
    },
  };
}

function createWantedCheck({ assertWanted }: JobContext, begunAt: number): () => Promise<void> {
  let checkedAt = begunAt;
  return async () => {
    if (performance.now() - checkedAt < wantedEveryMs) return;
    checkedAt = performance.now();
    await assertWanted();
  };
}

async function readOwn({ provider, owner, signal }: JobContext, { id, name }: CloudMachine) {
  const found = await provider.get(id, signal);
  const [machine] = selectOwn(found ? [found] : [], name, owner);
  return machine ?? null;
}
