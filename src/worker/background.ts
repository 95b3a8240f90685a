import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import type { QueueConnection } from '#queues/bullmq/connection.ts';
import { createSweepQueue } from '#queues/bullmq/sweep-queue.ts';
import { every } from '#queues/every.ts';
import type { Gates } from '#queues/run/pauses.ts';
import { createSweeper, type Sweeper, type SweeperDeps } from '#queues/sweeper.ts';
import { createUpkeep, type Upkeep, type UpkeepDeps } from '#queues/upkeep/upkeep.ts';
import type { Logger } from '#src/log.ts';

export interface BackgroundDeps
  extends Gates,
    Pick<SweeperDeps, 'publisher'>,
    Pick<UpkeepDeps, 'store' | 'installation' | 'now' | 'onReport' | 'statementZone' | 'hasPayments'> {
  readonly connection: QueueConnection;
  readonly log: Logger;
}

/** The longest time before a lost job is found. */
const sweepEveryMs = 3_000;
/** The longest time before an orphan is found. */
const upkeepEveryMs = 20_000;
const refusalsEveryMs = 2_000;

/**
 * Starts the work of a worker process besides its jobs: the sweep, the alerts about refused requests and, while it
 * holds the lease, the installation's upkeep. `stop` resolves when the last run has ended.
 */
export function startBackground(deps: BackgroundDeps): { stop(): Promise<void> } {
  const { connection, log } = deps;
  const holder = nameHolder();
  const upkeep = createUpkeepOf(deps, holder);
  const sweeper = createSweeperOf(deps, holder);
  const sweep = async () => void (connection.redis.status === 'ready' && (await sweeper.runOnce()));
  const sweeping = every(sweepEveryMs, sweep, logFailure(log, 'sweep-failed', 'The sweep'));
  connection.redis.on('ready', () => sweeping.now());
  const repeating = [
    sweeping,
    every(upkeepEveryMs, (stop) => upkeep.runOnce(stop), logFailure(log, 'upkeep-failed', 'The upkeep')),
    every(refusalsEveryMs, () => raiseAlerts(deps), logFailure(log, 'refusal-alerts-failed', 'Raising refusal alerts')),
  ];
  return { stop: async () => void (await Promise.all(repeating.map((one) => one.stop()))) };
}

/** A new name of this process in a lease. */
export function nameHolder(): string {
  return `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
}

function createSweeperOf({ store, publisher, connection, now, log }: BackgroundDeps, holder: string): Sweeper {
  return createSweeper({ store, publisher, queue: createSweepQueue(connection, now), holder, now, log });
}

async function raiseAlerts({ store, providerGate, dnsGate, now }: BackgroundDeps): Promise<void> {
  const provider = { gate: providerGate, whose: providerGate.provider.name, kind: 'provider-refuses' } as const;
  await raiseRefusalAlerts({ store, now, ...provider });
  await raiseRefusalAlerts({ store, now, ...provider, gate: providerGate.stock, kind: 'no-capacity' });
  if (dnsGate) await raiseRefusalAlerts({ store, now, gate: dnsGate, whose: dnsGate.dns.name, kind: 'dns-refuses' });
}

function createUpkeepOf(deps: BackgroundDeps, holder: string): Upkeep {
  const { store, providerGate, dnsGate, installation, now, log, onReport, statementZone, hasPayments } = deps;
  return createUpkeep({
    store,
    provider: providerGate.provider,
    dns: dnsGate?.dns ?? null,
    installation,
    now,
    log,
    onReport,
    holder,
    statementZone,
    hasPayments,
  });
}

/** A handler that logs the failure of a task that is repeated. */
export function logFailure(log: Logger, event: string, task: string): (error: unknown) => void {
  return (error) => log.warn({ event, error: String(error) }, `${task} failed and will be tried again`);
}
