import type { MachineWithServer } from '#db/reads/inventory.ts';
import type { Store } from '#db/store.ts';
import type { Machine } from '#db/tables.ts';
import type { Alert, AlertKind } from '#queues/alerts/alert.ts';
import type { Dns } from '#queues/ports/dns.ts';
import type { Log } from '#queues/ports/log.ts';
import { type CloudMachine, type Provider, ProviderError } from '#queues/ports/provider.ts';
import { markAbsent, removeSome } from './clean-up.ts';
import { type Comparison, compare, isServing } from './compare.ts';
import { checkNames } from './dns-names.ts';
import {
  type AlertSource,
  listingFailed,
  machineKept,
  machineMissing,
  machinesElsewhere,
  nothingListed,
  otherAccount,
  unknownMachine,
} from './inventory-alerts.ts';
import { removeOrdered, serverNeeding, type UnknownMachine } from './unknown-machines.ts';

export interface InventoryDeps {
  readonly store: Store;
  readonly provider: Provider;
  /** null: the service keeps no names. */
  readonly dns: Dns | null;
  readonly installation: string;
  readonly now: () => Date;
  readonly log: Log;
}

export interface InventoryReport {
  /** How many machines the provider listed; null: it did not, or was not asked. */
  readonly listed: number | null;
  readonly removed: readonly string[];
  readonly alerts: readonly Alert[];
  /** The plans of the machines that carry our tag and have no row; null: the pass could not tell. */
  readonly orphans: readonly string[] | null;
  /** The kinds of alert that the pass could tell of; those of other kinds stay as they are. */
  readonly judged: readonly AlertKind[];
  /** Names of the machines that were missing, to be compared with the next pass. */
  readonly missing: ReadonlySet<string>;
}

const passTimeoutMs = 50_000;

/**
 * One pass: compares a complete, error-free listing with the rows, removes what may be removed without a person, and
 * records as alerts what needs one. `missingBefore` is the report's `missing` of the pass before.
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
    return faultReport(deps, error, missingBefore);
  });
  await deps.store.replaceAlerts(report.judged, report.alerts);
  return report;
}

function faultReport(deps: InventoryDeps, error: unknown, missing: ReadonlySet<string>): InventoryReport {
  const found = listingFailed(sourceOf(deps), error, passTimeoutMs);
  return { listed: null, removed: [], missing, alerts: [found], orphans: null, judged: ['provider'] };
}

async function runPass(
  deps: InventoryDeps,
  missingBefore: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<InventoryReport> {
  const { store, provider, installation, now } = deps;
  const misconfigured = (fault: Alert): InventoryReport => ({
    ...{ listed: null, removed: [], missing: missingBefore, alerts: [fault], orphans: null },
    judged: ['provider', 'configuration'],
  });
  const rows = await store.readMachines(provider.name);
  const fault = await configurationFault(deps, rows, signal);
  if (fault) return misconfigured(fault);
  const listing = await provider.list(installation, signal);
  const comparison = compare(listing, [...rows, ...(await lateRows(store, listing, rows))], now());
  const serving = rows.filter(isServing);
  if (serving.length > 1 && comparison.missing.length === serving.length)
    return misconfigured(nothingListed(sourceOf(deps), serving.length));
  const { removed, kept } = await removeSome(deps, comparison, listing, signal);
  await markAbsent(deps, comparison, signal);
  await checkNames(deps, rows, listing, signal);
  const found = await whoseTheyAre(deps, comparison.unknown, listing);
  const ordered = await removeOrdered(deps, found, signal);
  const unknown = found.filter(({ machine }) => !ordered.includes(machine.id));
  return {
    listed: listing.length,
    removed: [...removed, ...ordered],
    missing: new Set(comparison.missing.map(({ machine }) => machine.name)),
    alerts: [
      ...unknown.map((one) => unknownMachine(sourceOf(deps), one)),
      ...(await stillMissing(deps, comparison, missingBefore)).map((one) => machineMissing(sourceOf(deps), one)),
      ...kept.map((one) => machineKept(sourceOf(deps), one)),
    ],
    orphans: unknown.map(({ machine }) => machine.plan),
    judged: judgedBy(deps),
  };
}

async function whoseTheyAre(
  { store }: InventoryDeps,
  unknown: readonly CloudMachine[],
  listing: readonly CloudMachine[],
): Promise<UnknownMachine[]> {
  const ids = new Set(listing.map(({ id }) => id));
  const isListed = ({ providerId }: Machine) => providerId !== null && ids.has(providerId);
  const found: UnknownMachine[] = [];
  for (const machine of unknown)
    found.push({ machine, needing: await serverNeeding(store, machine.owner?.serverId ?? null, isListed) });
  return found;
}

/** Without names nobody else clears what is told of them. */
function judgedBy({ dns }: InventoryDeps): readonly AlertKind[] {
  const always = ['provider', 'configuration', 'unknown-machine', 'machine-missing', 'machine-kept'] as const;
  return dns ? always : [...always, 'dns-refuses'];
}

function sourceOf({ provider, now }: InventoryDeps): AlertSource {
  return { provider: provider.name, now: now() };
}

/** The rows of listed machines that were made since the rows were read, or that are gone by their row. */
async function lateRows(
  { readMachine }: Store,
  listing: readonly CloudMachine[],
  rows: readonly MachineWithServer[],
): Promise<MachineWithServer[]> {
  const names = new Set(rows.map(({ machine }) => machine.name));
  const late: MachineWithServer[] = [];
  for (const { name } of listing) {
    const row = names.has(name) ? null : await readMachine(name);
    if (row) late.push(row);
  }
  return late;
}

/** What makes the listing useless for judging our rows: another account's key, or machines at a provider we don't know. */
async function configurationFault(
  deps: InventoryDeps,
  rows: readonly MachineWithServer[],
  signal: AbortSignal,
): Promise<Alert | null> {
  const { store, provider } = deps;
  const foreign = await store.readForeignMachines(provider.name);
  if (foreign.length > 0) return machinesElsewhere(sourceOf(deps), foreign);
  const account = await provider.account(signal);
  const elsewhere = rows.filter(
    ({ machine }) => machine.state !== 'gone' && machine.account !== null && machine.account !== account,
  );
  return elsewhere.length === 0 ? null : otherAccount(sourceOf(deps), account, elsewhere.length);
}

/** Those that were missing before, too; what an alert tells of was, also where another process has seen it. */
async function stillMissing(
  { store }: InventoryDeps,
  { missing }: Comparison,
  missingBefore: ReadonlySet<string>,
): Promise<Comparison['missing']> {
  const alerted = (await store.readAlerts('machine-missing')).map(({ subject }) => subject);
  return missing.filter(({ machine, server }) => missingBefore.has(machine.name) || alerted.includes(server.id));
}
