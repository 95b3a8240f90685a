import type { InventoryRow } from '#db/reads/inventory.ts';
import { type Alert, type AlertKind, alertKindsFrom } from '#queues/alerts/alert.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { type Billed, billedBy } from './billed.ts';
import { markAbsent, removeSome } from './clean-up.ts';
import { type Comparison, compare, isServing } from './compare.ts';
import { findConfigurationFault } from './configuration.ts';
import { checkNames } from './dns-names.ts';
import { listingFailed, machineKept, machineMissing, nothingListed, unknownMachine } from './inventory-alerts.ts';
import { type InventoryDeps, listMachines, type Pass, readLateRows } from './pass.ts';
import { findNeeding, removeOrdered } from './unknown-machines.ts';

export interface InventoryReport {
  /** How many machines the provider listed; null: the listing failed, or proves nothing. */
  readonly listed: number | null;
  /** Ids of the removed machines. */
  readonly removed: readonly string[];
  readonly alerts: readonly Alert[];
  /** The plans of the machines that carry our tag and have no row; null: unknown, because nothing was compared. */
  readonly orphans: readonly string[] | null;
  /** null: nothing was compared. */
  readonly billed: Billed | null;
  /** The kinds of alert that the pass could judge; recorded alerts of other kinds stay. */
  readonly judged: readonly AlertKind[];
  /** Names of the machines that were missing, to be compared with the next pass. */
  readonly missing: ReadonlySet<string>;
}

const passTimeoutMs = 50_000;

/**
 * One pass: compares a complete, error-free listing with the rows. Removes the machines that may be removed without a
 * person, and records alerts for the others. `missingBefore` is the report's `missing` of the previous pass.
 */
export async function takeInventory(
  deps: InventoryDeps,
  missingBefore: ReadonlySet<string>,
  stop: AbortSignal,
): Promise<InventoryReport> {
  const timeout = AbortSignal.timeout(passTimeoutMs);
  const signal = AbortSignal.any([stop, timeout]);
  const report = await runPass(deps, missingBefore, signal).catch((error: unknown) => {
    if (stop.aborted || !(error instanceof ProviderError || timeout.aborted)) throw error;
    return notCompared(listingFailed(deps, error, passTimeoutMs), ['provider'], missingBefore);
  });
  await deps.store.replaceAlerts(report.judged, report.alerts, deps.now());
  return report;
}

async function runPass(
  deps: InventoryDeps,
  missingBefore: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<InventoryReport> {
  const misconfigured = (fault: Alert) => notCompared(fault, ['provider', 'configuration'], missingBefore);
  const rows = await deps.store.readMachines(deps.provider.name);
  const fault = await findConfigurationFault(deps, rows, signal);
  if (fault) return misconfigured(fault);
  const pass = await listMachines(deps, signal);
  const comparison = await compare(pass, rows.concat(await readLateRows(pass, rows)), deps.now());
  const serving = rows.filter(isServing);
  if (serving.length > 1 && comparison.missing.length === serving.length)
    return misconfigured(nothingListed(deps, serving.length));
  return correct(pass, { rows, comparison, missingBefore });
}

/** The report of a pass that could compare nothing. */
function notCompared(fault: Alert, judged: readonly AlertKind[], missing: ReadonlySet<string>): InventoryReport {
  return { listed: null, removed: [], alerts: [fault], orphans: null, billed: null, judged, missing };
}

interface Findings {
  readonly rows: readonly InventoryRow[];
  readonly comparison: Comparison;
  readonly missingBefore: ReadonlySet<string>;
}

/** Removes machines, marks rows as gone and corrects names, and reports the rest. */
async function correct(pass: Pass, { rows, comparison, missingBefore }: Findings): Promise<InventoryReport> {
  const { removed, kept, untried } = await removeSome(pass, comparison);
  await markAbsent(pass, comparison);
  await checkNames(pass, rows);
  const found = await findNeeding(pass, comparison.unknown);
  const ordered = await removeOrdered(pass, found);
  const unknown = found.filter(({ machine }) => !ordered.includes(machine.id));
  const missing = await stillMissing(pass, comparison, missingBefore);
  return {
    listed: pass.listing.length,
    removed: [...removed, ...ordered],
    alerts: [
      ...unknown.map((one) => unknownMachine(pass, one)),
      ...missing.map((one) => machineMissing(pass, one)),
      ...(await stillKept(pass, untried)),
      ...kept.map((one) => machineKept(pass, one)),
    ],
    orphans: unknown.map(({ machine }) => machine.plan),
    billed: billedBy(pass, comparison),
    judged: judgedBy(pass),
    missing: new Set(comparison.missing.map(({ machine }) => machine.name)),
  };
}

/** Without DNS no gate clears the alerts `dns-refuses` of an earlier configuration. The pass clears them instead. */
function judgedBy({ dns }: Pass): readonly AlertKind[] {
  const always = alertKindsFrom('inventory');
  return dns ? always : [...always, 'dns-refuses'];
}

/** The alerts of the machines that this pass did not try to remove. */
async function stillKept({ store }: Pass, untried: ReadonlySet<string>): Promise<Alert[]> {
  if (untried.size === 0) return [];
  return (await store.readAlerts('machine-kept')).filter(({ subject }) => untried.has(subject));
}

/** The machines that were missing in the previous pass too, or that have an alert, perhaps from another process. */
async function stillMissing(
  { store }: Pass,
  { missing }: Comparison,
  missingBefore: ReadonlySet<string>,
): Promise<Comparison['missing']> {
  const alerted = (await store.readAlerts('machine-missing')).map(({ subject }) => subject);
  return missing.filter(({ machine, server }) => missingBefore.has(machine.name) || alerted.includes(server.id));
}
