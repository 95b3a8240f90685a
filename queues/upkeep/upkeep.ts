import type { Store } from '#db/store.ts';
import { type InventoryReport, takeInventory } from '#queues/inventory/inventory.ts';
import type { InventoryDeps } from '#queues/inventory/pass.ts';
import { refreshCatalogue } from './catalogue.ts';
import { keepOrphans } from './costs.ts';

export interface UpkeepDeps extends InventoryDeps {
  readonly store: Store;
  /** Names this process in the lease. */
  readonly holder: string;
  readonly onReport: (report: InventoryReport) => void;
}

/** A worker that dies with it leaves the upkeep undone for as long; no pass may take longer. */
const leaseMs = 60_000;
const leaseName = 'inventory';
const catalogueEveryMs = 60 * 60_000;
const forgetEveryMs = 60 * 60_000;
/** As long as a storefront may repeat a call; Stripe keeps its keys for a day. */
const answersKeptMs = 7 * 24 * 60 * 60_000;

export interface Upkeep {
  /** Does what is due, if this process has (or gets) the lease. False: another one has it. */
  runOnce(stop: AbortSignal): Promise<boolean>;
}

/** What one worker of the installation does for all: the catalogue, the inventory, forgetting old answers. */
export function createUpkeep(deps: UpkeepDeps): Upkeep {
  const { store, provider, holder, now, onReport } = deps;
  let missing: ReadonlySet<string> = new Set();
  const due = { inventory: 0, catalogue: 0, forgetting: 0 };

  return {
    runOnce: async (stop) => {
      if (!(await store.takeLease(leaseName, holder, { now: now(), forMs: leaseMs }))) return false;
      const at = now().getTime();
      const whileOurs = AbortSignal.any([stop, AbortSignal.timeout(leaseMs)]);
      if (at >= due.forgetting) {
        await store.forgetAnswers(new Date(at - answersKeptMs));
        due.forgetting = at + forgetEveryMs;
      }
      // A large listing is a good part of the calls that some providers allow in an hour.
      if (at < due.inventory) return true;
      const report = await takeInventory(deps, missing, whileOurs);
      missing = report.missing;
      due.inventory = report.listed === null ? 0 : at + provider.listIntervalMs(report.listed);
      if (report.orphans) await keepOrphans(store, report.orphans, now());
      onReport(report);
      if (at >= due.catalogue && report.alerts.every(({ kind }) => kind !== 'provider')) {
        await refreshCatalogue(store, provider, now(), whileOurs);
        due.catalogue = at + catalogueEveryMs;
      }
      return true;
    },
  };
}
