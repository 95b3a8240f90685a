import { isShelfSubject } from '#queues/gates/shelf.ts';
import { type InventoryReport, takeInventory } from '#queues/inventory/inventory.ts';
import type { InventoryDeps } from '#queues/inventory/pass.ts';
import { refreshCatalogue } from './catalogue.ts';
import { recordOrphans } from './costs.ts';
import { createPruning, type KeptDays } from './prune.ts';

export interface UpkeepDeps extends InventoryDeps {
  readonly keptDays: KeptDays;
  /** The name of this process in the lease. */
  readonly holder: string;
  readonly onReport: (report: InventoryReport) => void;
}

/** The longest time for a pass. If the holder dies, no process does the upkeep for this long. */
const leaseMs = 60_000;
const leaseName = 'inventory';
const catalogueEveryMs = 60 * 60_000;
/** While orders wait for an image, a plan or a location. */
const shortCatalogueEveryMs = 60_000;
const pruneEveryMs = 60 * 60_000;

export interface Upkeep {
  /** Does the tasks that are due, if this process has or gets the lease. false: another process has it. */
  runOnce(stop: AbortSignal): Promise<boolean>;
}

/**
 * The tasks that one worker does for the whole installation: the catalogue, the inventory, and the deletion of old rows.
 */
export function createUpkeep(deps: UpkeepDeps): Upkeep {
  const { store, holder, now } = deps;
  const pruning = createPruning(deps);
  const prune = createTimer();
  let isUp = false;
  let catalogueReadAt = Number.NEGATIVE_INFINITY;
  const inventory = createInventoryTask(deps);
  return {
    runOnce: async (stop) => {
      if (!(await store.takeLease(leaseName, holder, { now: now(), forMs: leaseMs }))) return false;
      const at = now().getTime();
      const signal = AbortSignal.any([stop, AbortSignal.timeout(leaseMs)]);
      if (prune.isDue(at) && (await pruning.goOn(signal))) prune.next(at + pruneEveryMs);
      const report = await inventory.runIfDue(at, signal);
      if (report) isUp = isProviderUp(report);
      if (isUp && at >= catalogueReadAt + (await catalogueIntervalMs(deps))) {
        await refreshCatalogue(deps, signal);
        catalogueReadAt = at;
      }
      return true;
    },
  };
}

function isProviderUp({ alerts }: InventoryReport): boolean {
  return alerts.every(({ kind }) => kind !== 'provider');
}

async function catalogueIntervalMs({ store }: UpkeepDeps): Promise<number> {
  const alerts = await store.readAlerts('configuration');
  return alerts.some(({ subject }) => isShelfSubject(subject)) ? shortCatalogueEveryMs : catalogueEveryMs;
}

/**
 * A large listing takes many of the calls that some providers allow in an hour, so the inventory has its own interval.
 */
function createInventoryTask(deps: UpkeepDeps) {
  const { store, provider, now, onReport } = deps;
  const timer = createTimer();
  let missing: ReadonlySet<string> = new Set();
  return {
    /** null: not due. */
    runIfDue: async (at: number, signal: AbortSignal): Promise<InventoryReport | null> => {
      if (!timer.isDue(at)) return null;
      const report = await takeInventory(deps, missing, signal);
      missing = report.missing;
      timer.next(report.listed === null ? 0 : at + provider.listIntervalMs(report.listed));
      if (report.orphans) await recordOrphans(store, report.orphans, now());
      onReport(report);
      return report;
    },
  };
}

/** Due at once, and after `next` at the given time. A task that fails stays due. */
function createTimer() {
  let dueAt = 0;
  return {
    isDue: (at: number) => at >= dueAt,
    next: (at: number) => {
      dueAt = at;
    },
  };
}
