import type { MachineWithServer } from '#db/reads/inventory.ts';
import type { Store } from '#db/store.ts';
import { type Alert, type AlertKind, alert } from '../alerts.ts';
import { sameOwner } from '../jobs/machines-of.ts';
import type { Log } from '../ports/log.ts';
import { type CloudMachine, type Provider, ProviderError } from '../ports/provider.ts';
import { type Comparison, compare, whyRemovable } from './compare.ts';

export interface InventoryDeps {
  readonly store: Store;
  readonly provider: Provider;
  readonly installation: string;
  readonly now: () => Date;
  readonly log: Log;
}

export interface InventoryReport {
  readonly removed: readonly string[];
  readonly alerts: readonly Alert[];
  /** Names of the machines that were missing, to be compared with the next pass. */
  readonly missing: ReadonlySet<string>;
}

const recordedKinds = [
  'provider',
  'configuration',
  'unknown-machine',
  'machine-missing',
] as const satisfies readonly AlertKind[];
const mostRemovalsPerPass = 5;
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
  const signal = AbortSignal.any([stop, AbortSignal.timeout(passTimeoutMs)]);
  const report = await lookAround(deps, missingBefore, signal).catch((error: unknown) => {
    if (error instanceof ProviderError && !signal.aborted) return faultReport(deps, error, missingBefore);
    throw error;
  });
  await deps.store.replaceAlerts(recordedKinds, report.alerts);
  return report;
}

function faultReport(
  { provider, now }: InventoryDeps,
  error: ProviderError,
  missing: ReadonlySet<string>,
): InventoryReport {
  const message = `${provider.name} cannot be asked for its machines (${error.fault}): ${error.message}`;
  return { removed: [], missing, alerts: [alert('provider', provider.name, message, now())] };
}

async function lookAround(
  deps: InventoryDeps,
  missingBefore: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<InventoryReport> {
  const { store, provider, installation, now } = deps;
  const rows = await store.readMachines(provider.name);
  const fault = await configurationFault(deps, rows, signal);
  if (fault) return { removed: [], missing: missingBefore, alerts: [fault] };
  const listing = await provider.list(installation, signal);
  const comparison = compare(listing, rows, now());
  const current = rows.filter(({ machine }) => machine.state === 'current');
  if (current.length > 1 && comparison.missing.length === current.length)
    return { removed: [], missing: missingBefore, alerts: [allMissing(deps, current.length)] };
  const removed = await removeSome(deps, comparison, listing, signal);
  await markAbsent(deps, comparison, signal);
  const missing = comparison.missing.map(({ machine }) => machine.name);
  return { removed, missing: new Set(missing), alerts: alertsOf(deps, comparison, missingBefore) };
}

/** What makes the listing useless for judging our rows: another account's key, or machines at a provider we don't know. */
async function configurationFault(
  { store, provider, now }: InventoryDeps,
  rows: readonly MachineWithServer[],
  signal: AbortSignal,
): Promise<Alert | null> {
  const foreign = await store.readForeignMachines(provider.name);
  if (foreign.length > 0) {
    const others = [...new Set(foreign.map((machine) => machine.provider))].join(', ');
    return alert(
      'configuration',
      'CLOUD',
      `${foreign.length} machines are at ${others}, but the workers are configured for ${provider.name}: nothing is done for them.`,
      now(),
    );
  }
  const account = await provider.account(signal);
  const elsewhere = rows.filter(
    ({ machine }) => machine.state !== 'gone' && machine.account !== null && machine.account !== account,
  );
  if (elsewhere.length === 0) return null;
  return alert(
    'configuration',
    'account',
    `${elsewhere.length} machines are in another account of ${provider.name} than the configured key's (${account}); the inventory does nothing until that is mended.`,
    now(),
  );
}

function allMissing({ provider, now }: InventoryDeps, count: number): Alert {
  return alert(
    'configuration',
    'listing',
    `${provider.name} lists none of the ${count} machines that customers use: a wrong key, project or INSTALLATION. Nothing is removed.`,
    now(),
  );
}

async function removeSome(
  deps: InventoryDeps,
  { removable }: Comparison,
  listing: readonly CloudMachine[],
  signal: AbortSignal,
): Promise<string[]> {
  const listedIds = new Set(listing.map(({ id }) => id));
  const removed: string[] = [];
  for (const { machine } of removable.slice(0, mostRemovalsPerPass)) {
    if (await removeOne(deps, machine, listedIds, signal)) removed.push(machine.id);
  }
  return removed;
}

/** Row and label are read again right before the delete: both may have changed since the listing. */
async function removeOne(
  { store, provider, installation, now, log }: InventoryDeps,
  machine: CloudMachine,
  listedIds: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<boolean> {
  const row = await store.readMachine(machine.name);
  const because = row && whyRemovable(machine, row, listedIds, now());
  const labelled = await provider.get(machine.id, signal);
  if (
    !row ||
    !because ||
    labelled?.name !== machine.name ||
    !sameOwner(labelled.owner, { installation, serverId: row.server.id })
  )
    return false;
  log.warn({ machine: machine.name, providerId: machine.id, because }, 'Inventory removes a machine');
  await provider.remove(machine.id, signal);
  return true;
}

/** A second look, since the listing is as old as its first page. */
async function markAbsent(
  { store, provider, installation, now }: InventoryDeps,
  { absent }: Comparison,
  signal: AbortSignal,
): Promise<void> {
  for (const { machine, server } of absent) {
    const age = now().getTime() - machine.createdAt.getTime();
    if (age < provider.listLagMs || (machine.state === 'replaced' && !isPast(machine.removableAt, now()))) continue;
    const found = await provider.find(machine.name, { installation, serverId: server.id }, signal);
    if (found.every(({ name }) => name !== machine.name)) await store.markMachineGone(machine.id, now());
  }
}

function isPast(at: Date | null, now: Date): boolean {
  return at !== null && at < now;
}

function alertsOf(
  { now, provider }: InventoryDeps,
  { unknown, missing }: Comparison,
  missingBefore: ReadonlySet<string>,
): Alert[] {
  return [
    ...unknown.map((machine) =>
      alert(
        'unknown-machine',
        machine.id,
        `Machine ${machine.id} (${machine.name}) at ${provider.name} carries our tag and has no row; it is paid for. See docs/runbook.md before removing it.`,
        now(),
      ),
    ),
    ...missing
      .filter(({ machine }) => missingBefore.has(machine.name))
      .map(({ machine, server }) =>
        alert(
          'machine-missing',
          server.id,
          `Machine ${machine.name} of ${server.customer}'s running server is not listed by ${provider.name}. Rebuild the server to give it a new one.`,
          now(),
        ),
      ),
  ];
}
