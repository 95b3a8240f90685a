import { recordWithdrawn } from '#queues/alerts/withdrawn-plans.ts';
import { isShelfSubject } from '#queues/gates/shelf.ts';
import type { Billed } from '#queues/inventory/billed.ts';
import { type InventoryReport, takeInventory } from '#queues/inventory/inventory.ts';
import type { InventoryDeps } from '#queues/inventory/pass.ts';
import { addListing, usageSetting } from '#queues/statements/usage.ts';
import { writeStatement } from '#queues/statements/write-statement.ts';
import { readCatalogue, refreshCatalogue } from './catalogue.ts';
import { recordOrphans } from './costs.ts';
import { createPruning, type KeptDays } from './prune.ts';
import { countTally, countTrends } from './trends.ts';

export interface UpkeepDeps extends InventoryDeps {
  readonly keptDays: KeptDays;
  /** The name of this process in the lease. */
  readonly holder: string;
  readonly onReport: (report: InventoryReport) => void;
  /** The time zone of the daily statements. */
  readonly statementZone: string;
  /** Whether customers pay at Stripe. */
  readonly hasPayments: boolean;
}

/** The longest time for a pass. If the holder dies, no process does the upkeep for this long. */
const leaseMs = 60_000;
const leaseName = 'inventory';
const catalogueEveryMs = 60 * 60_000;
/** While orders wait for an image, a plan or a location, and after a failure. */
const shortCatalogueEveryMs = 60_000;
const pruneEveryMs = 60 * 60_000;
const statementEveryMs = 60_000;

export interface Upkeep {
  /**
   * Does the tasks that are due, if this process has or gets the lease. false: another process has it. A task that fails
   * delays no other; once all have ended, it rejects with what failed.
   */
  runOnce(stop: AbortSignal): Promise<boolean>;
}

/**
 * The tasks that one worker does for the whole installation: the catalogue, the inventory, the deletion of old rows, the
 * daily statement, and the counts that the console shows.
 */
export function createUpkeep(deps: UpkeepDeps): Upkeep {
  const { store, holder, now } = deps;
  const pruning = createPruning(deps);
  const prune = createTimer();
  let isUp = false;
  const inventory = createInventoryTask(deps);
  const catalogue = createCatalogueTask(deps);
  const statement = createStatementTask(deps);
  const counting = createCountingTask(deps);
  return {
    runOnce: async (stop) => {
      if (!(await store.takeLease(leaseName, holder, { now: now(), forMs: leaseMs }))) return false;
      const at = now().getTime();
      const signal = AbortSignal.any([stop, AbortSignal.timeout(leaseMs)]);
      await runEach(stop, [
        async () => {
          if (prune.isDue(at) && (await pruning.goOn(signal))) prune.next(at + pruneEveryMs);
        },
        async () => {
          const report = await inventory.runIfDue(at, signal);
          if (report) isUp = isProviderUp(report);
        },
        async () => void (isUp && (await catalogue.runIfDue(at, signal))),
        () => statement.runIfDue(at),
        () => counting.runIfDue(at, signal),
      ]);
      return true;
    },
  };
}

/** Runs the tasks one after the other, also after one that fails, until the stop. Rejects with all that failed. */
async function runEach(stop: AbortSignal, tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const task of tasks) {
    if (!stop.aborted) await task().catch((error: unknown) => void errors.push(error));
  }
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join(' '));
  if (errors.length > 0) throw errors[0];
}

function isProviderUp({ alerts }: InventoryReport): boolean {
  return alerts.every(({ kind }) => kind !== 'provider');
}

function createCatalogueTask(deps: UpkeepDeps) {
  const { store, provider, now } = deps;
  const retry = createTimer();
  let readAt = Number.NEGATIVE_INFINITY;
  return {
    runIfDue: async (at: number, signal: AbortSignal): Promise<void> => {
      if (!retry.isDue(at) || at < readAt + (await catalogueIntervalMs(deps))) return;
      retry.next(at + shortCatalogueEveryMs);
      const catalogue = await refreshCatalogue(deps, signal);
      readAt = at;
      await recordWithdrawn(store, { provider: provider.name, catalogue, now: now() });
    },
  };
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
      if (report.billed) await recordUsage(deps, report.billed);
      onReport(report);
      return report;
    },
  };
}

/** How long machines existed, for the statements of the days. */
async function recordUsage({ store, now, statementZone }: UpkeepDeps, billed: Billed): Promise<void> {
  const before = (await store.readSetting(usageSetting))?.value ?? null;
  await store.putSetting(usageSetting, await addListing(before, billed, statementZone), now());
}

function createStatementTask(deps: UpkeepDeps) {
  const { store, provider, statementZone: zone, hasPayments, now } = deps;
  const timer = createTimer();
  const catalogue = () => readCatalogue(store, provider.name);
  return {
    runIfDue: async (at: number): Promise<void> => {
      if (!timer.isDue(at)) return;
      const day = await writeStatement({ store, provider: provider.name, catalogue, hasPayments, zone, now });
      // After a day others may be due: the service may have been down.
      if (day === null) timer.next(at + statementEveryMs);
    },
  };
}

/** All counts together take at most a hundredth of the time. */
const countingShare = 100;
const countEveryMs = 20_000;

function createCountingTask({ store, now }: UpkeepDeps) {
  const timer = createTimer();
  return {
    runIfDue: async (at: number, signal: AbortSignal): Promise<void> => {
      if (!timer.isDue(at)) return;
      const startedAt = performance.now();
      await countTrends({ store, now }, signal);
      await countTally({ store, now });
      timer.next(at + Math.max(countEveryMs, countingShare * (performance.now() - startedAt)));
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
