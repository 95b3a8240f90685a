import type { InventoryRow } from '#db/reads/inventory.ts';
import type { Alert } from '#queues/alerts/alert.ts';
import { machinesElsewhere, otherAccount } from './inventory-alerts.ts';
import type { InventoryDeps } from './pass.ts';

/**
 * The configuration fault because of which a listing proves nothing about our rows: machines at a provider that is not
 * configured, or a key of another account. null: none.
 */
export async function findConfigurationFault(
  deps: InventoryDeps,
  rows: readonly InventoryRow[],
  signal: AbortSignal,
): Promise<Alert | null> {
  const { store, provider } = deps;
  const foreign = await store.countForeignMachines(provider.name);
  if (foreign.length > 0) return machinesElsewhere(deps, foreign);
  const account = await provider.account(signal);
  const others = rows.filter(({ machine }) => isInOtherAccount(machine, account));
  return others.length > 0 ? otherAccount(deps, account, others.length) : null;
}

function isInOtherAccount({ state, account }: InventoryRow['machine'], configured: string): boolean {
  return state !== 'gone' && account !== null && account !== configured;
}
