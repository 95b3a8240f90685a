import type { InventoryRow } from '#db/reads/inventory.ts';
import type { Store } from '#db/store.ts';
import type { Dns } from '#queues/ports/dns.ts';
import type { Log } from '#queues/ports/log.ts';
import type { CloudMachine, Provider } from '#queues/ports/provider.ts';
import { inSlices } from './in-slices.ts';

export interface InventoryDeps {
  readonly store: Store;
  readonly provider: Provider;
  /** null: the service keeps no names. */
  readonly dns: Dns | null;
  readonly installation: string;
  readonly now: () => Date;
  readonly log: Log;
}

/** One comparison of the provider with the rows: everything that its steps share. */
export interface Pass extends InventoryDeps {
  /** Aborts when the pass runs out of time, or when the worker stops. */
  readonly signal: AbortSignal;
  /** When the listing began. */
  readonly listedAt: Date;
  /** Complete and error-free: every machine with our tag. */
  readonly listing: readonly CloudMachine[];
  readonly listedIds: ReadonlySet<string>;
}

export async function listMachines(deps: InventoryDeps, signal: AbortSignal): Promise<Pass> {
  const listedAt = deps.now();
  const listing = await deps.provider.list(deps.installation, signal);
  const listedIds = new Set<string>();
  await inSlices(listing, ({ id }) => void listedIds.add(id));
  return { ...deps, signal, listedAt, listing, listedIds };
}

/** The rows of listed machines that were written after `rows` was read, or whose state is gone. */
export async function readLateRows({ store, listing }: Pass, rows: readonly InventoryRow[]): Promise<InventoryRow[]> {
  const names = new Set<string>();
  await inSlices(rows, ({ machine }) => void names.add(machine.name));
  const late: InventoryRow[] = [];
  for (const { name } of listing) {
    const row = names.has(name) ? null : await store.readMachine(name);
    if (row) late.push(row);
  }
  return late;
}

/** Records that the provider has accepted the removal of a machine. */
export function recordRemoval(
  { store, now }: Pass,
  { id: providerId, name, ipv4, ipv6 }: CloudMachine,
  why: { readonly because: string; readonly serverId: string | null },
): Promise<void> {
  return store.recordRemoval({ providerId, name, ipv4, ipv6, ...why, now: now() });
}
